using Scatterlist.Tool.Rdma;
using Scatterlist.Tool.Report;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Commands.Rdma;

/// <summary>Why these devices and not others: on standard error, where it disturbs no pipe.</summary>
internal static class RdmaNotes
{
    internal static void Tell(string? provider, bool hasDevices, Terminal terminal)
    {
        terminal.Note($"provider: {RdmaDevices.Choose(provider).Reason}");
        if (!hasDevices)
            terminal.Complain("No RDMA device. The soft NIC needs none: --provider softroce.");
    }
}
