using System.Collections;
using Aspire.Hosting.ApplicationModel;
using Google.Protobuf.WellKnownTypes;
using KvAspire.Offline.Wire;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KvAspire.Offline;

/// <summary>Turns states of resources into what the dashboard reads.</summary>
internal static class DashboardMessages
{
    public static Wire.Resource From(ResourceEvent e)
    {
        var s = e.Snapshot;
        return new Wire.Resource
        {
            Name = e.ResourceId,
            DisplayName = e.Resource.Name,
            ResourceType = s.ResourceType,
            Uid = e.ResourceId,
            State = s.State?.Text ?? "",
            StateStyle = s.State?.Style ?? "",
            CreatedAt = Time(s.CreationTimeStamp),
            StartedAt = Time(s.StartTimeStamp),
            StoppedAt = Time(s.StopTimeStamp),
            Environment = { s.EnvironmentVariables.Select(v => new EnvironmentVariable { Name = v.Name, Value = v.Value ?? "", IsFromSpec = v.IsFromSpec }) },
            Urls = { s.Urls.Select(From) },
            Commands = { s.Commands.Select(From) },
            HealthReports = { s.HealthReports.Select(From) },
            Properties = { Properties(s).Select(p => new ResourceProperty { Name = p.Name, Value = Value(p.Value) }) },
            Relationships = { s.Relationships.Select(r => new ResourceRelationship { ResourceName = r.ResourceName, Type = r.Type }) },
        };
    }

    private static IEnumerable<ResourcePropertySnapshot> Properties(CustomResourceSnapshot s) =>
        s.ExitCode is { } exitCode ? s.Properties.Append(new ResourcePropertySnapshot("resource.exitCode", exitCode)) : s.Properties;

    private static Url From(UrlSnapshot u) => new()
    {
        EndpointName = u.Name ?? "",
        FullUrl = u.Url,
        IsInternal = u.IsInternal,
        IsInactive = u.IsInactive,
        DisplayProperties = new UrlDisplayProperties { DisplayName = u.DisplayProperties.DisplayName, SortOrder = u.DisplayProperties.SortOrder },
    };

    private static ResourceCommand From(ResourceCommandSnapshot c) => new()
    {
        Name = c.Name,
        DisplayName = c.DisplayName,
        DisplayDescription = c.DisplayDescription ?? "",
        ConfirmationMessage = c.ConfirmationMessage ?? "",
        IconName = c.IconName ?? "",
        IsHighlighted = c.IsHighlighted,
        State = (int)c.State,
    };

    private static Wire.HealthReport From(HealthReportSnapshot r)
    {
        var report = new Wire.HealthReport { Key = r.Name, Description = r.Description ?? "", LastRunAt = Time(r.LastRunAt) };
        if (r.Status is { } status)
        {
            report.Status = status switch { HealthStatus.Healthy => 0, HealthStatus.Degraded => 2, _ => 1 };
        }

        return report;
    }

    private static Timestamp? Time(DateTime? time) => time is { } t ? Timestamp.FromDateTime(t) : null;

    private static Value Value(object? value) => value switch
    {
        null => Google.Protobuf.WellKnownTypes.Value.ForNull(),
        int number => Google.Protobuf.WellKnownTypes.Value.ForString(number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        string text => Google.Protobuf.WellKnownTypes.Value.ForString(text),
        IEnumerable many => Google.Protobuf.WellKnownTypes.Value.ForList([.. many.Cast<object?>().Select(Value)]),
        _ => Google.Protobuf.WellKnownTypes.Value.ForString(value.ToString()),
    };
}
