using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using KvAspire.Node.Hosting;

namespace KvAspire.Tests.Simulation;

/// <summary>Calls of one simulated node to another.</summary>
internal sealed class SimulatedNodeConnections(SimulatedNetwork network, SimulatedProcess process) : INodeConnections
{
    public CallInvoker To(string address) => new Invoker(network, process, address);

    private sealed class Invoker(SimulatedNetwork network, SimulatedProcess process, string host) : CallInvoker
    {
        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host1, CallOptions options, TRequest request)
        {
            var call = new SimulatedCall(network, process, host, method.Name);
            call.Up.Send(((IMessage)request).ToByteArray());
            return new AsyncServerStreamingCall<TResponse>(
                new PipeReader<TResponse>(call.Down, bytes => method.ResponseMarshaller.ContextualDeserializer(new Payload(bytes))),
                Task.FromResult(new Metadata()),
                static () => Status.DefaultSuccess,
                static () => [],
                call.Dispose);
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    }

    private sealed class Payload(byte[] bytes) : DeserializationContext
    {
        public override int PayloadLength => bytes.Length;

        public override byte[] PayloadAsNewBuffer() => [.. bytes];

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(bytes);
    }
}
