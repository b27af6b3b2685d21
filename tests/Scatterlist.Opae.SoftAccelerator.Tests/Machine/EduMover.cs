using System.Diagnostics;
using System.Globalization;
using Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>QEMU's teaching device: it reads memory into its own 4 KiB, and writes those to memory.</summary>
internal sealed class EduMover(Accelerator accelerator) : Mover
{
    private const ulong Own = 0x40000;
    private const ulong Source = 0x80;
    private const ulong Destination = 0x88;
    private const ulong Count = 0x90;
    private const ulong Command = 0x98;

    private readonly int _seen = ReadLog().Length;

    public override int MaxLength => 4032; // QEMU before 8.1 ends at the 4096th byte

    public override void Move(IoAddress destination, IoAddress source, int length)
    {
        Transfer(source.Value, Own, length, 1);
        Transfer(Own, destination.Value, length, 3);
    }

    public override bool? HasFaulted(IoAddress page)
    {
        string address = string.Create(CultureInfo.InvariantCulture, $"fault addr 0x{page.Value & ~0xffful:x} ");
        string log = ReadLog();
        return log.Length > _seen && log.AsSpan(_seen).Contains(address, StringComparison.Ordinal);
    }

    private void Transfer(ulong source, ulong destination, int length, ulong command)
    {
        accelerator.Write64(0, Source, source);
        accelerator.Write64(0, Destination, destination);
        accelerator.Write64(0, Count, (ulong)length);
        accelerator.Write64(0, Command, command);
        Eventually.True(() => (accelerator.Read64(0, Command) & 1) == 0, "The transfer does not end.");
    }

    private static string ReadLog()
    {
        using Process log = Process.Start(new ProcessStartInfo("dmesg") { RedirectStandardOutput = true })!;
        string text = log.StandardOutput.ReadToEnd();
        log.WaitForExit();
        return text;
    }
}
