extern alias balancer;
extern alias node;

using System.Runtime.CompilerServices;
using Google.Protobuf;
using BalancerWire = balancer::KvAspire.Protocol;
using NodeWire = node::KvAspire.Protocol;

namespace KvAspire.Tests.Simulation;

/// <summary>What a message carries: its bytes and, beside them, the view that was taken out of it.</summary>
/// <param name="Bytes">The message without its view.</param>
/// <param name="View">As nodes have it; null if the message has none.</param>
internal readonly record struct Parcel(byte[] Bytes, NodeWire.View? View = null);

/// <summary>
/// Carries each view once from a balancer's message to a node's and back, instead of with every message that contains it:
/// a view is large, nobody changes one, and nodes are asked for theirs again and again.
/// </summary>
internal sealed class SharedViews
{
    private readonly ConditionalWeakTable<BalancerWire.View, NodeWire.View> _onNodes = [];
    private readonly ConditionalWeakTable<NodeWire.View, BalancerWire.View> _onBalancers = [];

    public Parcel Pack(BalancerWire.InstallRequest request)
    {
        var rest = new BalancerWire.InstallRequest { Target = request.Target };
        return new Parcel(rest.ToByteArray(), OnNodes(request.View));
    }

    /// <summary>Takes the view out of the reply, which is used for nothing else.</summary>
    public static Parcel Pack(IMessage reply)
    {
        var state = reply as NodeWire.DescribeReply ?? (reply as NodeWire.ClaimReply)?.State;
        var view = state?.View;
        if (state is not null)
        {
            state.View = null;
        }

        return new Parcel(reply.ToByteArray(), view);
    }

    /// <summary>Puts the view back.</summary>
    public T Unpack<T>(MessageParser<T> parser, Parcel parcel)
        where T : IMessage<T>
    {
        var reply = parser.ParseFrom(parcel.Bytes);
        if (parcel.View is { } view && (reply as BalancerWire.DescribeReply ?? (reply as BalancerWire.ClaimReply)?.State) is { } state)
        {
            state.View = OnBalancers(view);
        }

        return reply;
    }

    private NodeWire.View OnNodes(BalancerWire.View view)
    {
        if (!_onNodes.TryGetValue(view, out var known))
        {
            known = NodeWire.View.Parser.ParseFrom(view.ToByteArray());
            ShareSlots(known);
            _onNodes.Add(view, known);
            _onBalancers.Add(known, view);
        }

        return known;
    }

    /// <summary>Slots that are the same share one message: less for the collector to go through.</summary>
    private static void ShareSlots(NodeWire.View view)
    {
        var known = new Dictionary<NodeWire.Slot, NodeWire.Slot>();
        for (var i = 0; i < view.Slots.Count; i++)
        {
            var slot = view.Slots[i];
            if (!known.TryAdd(slot, slot))
            {
                view.Slots[i] = known[slot];
            }
        }
    }

    private BalancerWire.View OnBalancers(NodeWire.View view)
    {
        // Of a node that was started again, the view is another object than the one that was installed.
        if (!_onBalancers.TryGetValue(view, out var known))
        {
            known = BalancerWire.View.Parser.ParseFrom(view.ToByteArray());
            _onBalancers.Add(view, known);
        }

        return known;
    }
}
