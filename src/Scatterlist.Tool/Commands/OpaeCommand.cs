using System.CommandLine;
using Scatterlist.Tool.Commands.Opae;

namespace Scatterlist.Tool.Commands;

/// <summary><c>sgl opae ...</c>: FPGA accelerators over VFIO, and the emulated ones.</summary>
internal static class OpaeCommand
{
    internal static Command Create() => new("opae", "FPGA accelerators over VFIO, real or emulated.")
    {
        ListCommand.Create(),
        PortCommand.Create(),
        LoopbackCommand.Create(),
        EmulateCommand.Create(),
    };
}
