using System.CommandLine;
using Scatterlist.Tool.Commands.Vrtd;

namespace Scatterlist.Tool.Commands;

/// <summary><c>sgl vrtd ...</c>: V80 cards behind a vrtd daemon, and the emulated daemon.</summary>
internal static class VrtdCommand
{
    internal static Command Create() => new("vrtd", "V80 cards behind a vrtd daemon, real or emulated.")
    {
        ListCommand.Create(),
        InfoCommand.Create(),
        SensorsCommand.Create(),
        ValidateCommand.Create(),
        EmulateCommand.Create(),
    };
}
