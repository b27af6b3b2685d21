using System.CommandLine;
using Scatterlist.Tool.Demo;

namespace Scatterlist.Tool.Commands;

/// <summary>The demo's second process, which <c>sgl demo</c> starts; hidden, since it is of no other use.</summary>
internal static class DemoPeerCommand
{
    internal static Command Create()
    {
        var size = new Argument<int>("BYTES");
        var udp = new Option<bool>("--udp");
        var command = new Command(DemoPeer.Command, "The second process of 'sgl demo'.") { size, udp };
        command.Hidden = true;
        command.SetRunner((parsed, _, _) => DemoPeer.Serve(
            CommonOptions.InRange(parsed.GetValue(size), 4, RdmaLeg.SliceSize, "BYTES"), !parsed.GetValue(udp)));
        return command;
    }
}
