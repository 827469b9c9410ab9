using System.Globalization;
using System.Text;
using KvAspire.Node.Replication;

namespace KvAspire.Node.Hosting;

/// <summary>What a node says of itself to a person.</summary>
internal static class StatusPage
{
    public static string Render(ReplicaCore core)
    {
        var view = core.CurrentView;
        var duties = Enumerable.Range(0, ReplicaCore.SlotCount).Select(s => view.RoleIn((uint)s)).ToList();
        var (entries, bytes) = core.Fault.Length == 0 ? core.Estimate() : (0, 0);
        var page = new StringBuilder();
        void Line(string name, object value) => page.AppendLine(CultureInfo.InvariantCulture, $"{name,-12} {value}");
        Line("node", core.Identity.Name);
        Line("store", $"{core.Identity.Store}, start {core.Identity.Start}");
        Line("cluster", view.View?.Cluster ?? "none yet");
        Line("view", view.View is null ? "none yet" : $"{view.Epoch >> 32}.{(uint)view.Epoch}{(view.IsMember ? "" : " (does not count on this start of the node)")}");
        Line("in sync", $"{duties.Count(d => d.Duty == SlotDuty.InSync)} slots, primary of {duties.Count(d => d.IsPrimary)}");
        Line("catching up", $"{duties.Count(d => d.Duty == SlotDuty.CatchingUp)} slots");
        Line("holds", $"about {entries} entries, {bytes} bytes");
        if (core.Fault.Length > 0)
        {
            Line("FAULT", core.Fault);
        }

        page.AppendLine().AppendLine("Clients talk to the balancer, not to nodes.");
        return page.ToString();
    }
}
