using Scatterlist.Vrtd;
using Scatterlist.Vrtd.Emulator;

namespace Scatterlist.Tool.Doctor;

/// <summary>What a V80 behind a vrtd daemon needs of this machine, and what stands in for it.</summary>
internal static class VrtdChecks
{
    private const string Family = "vrtd";
    private const string XilinxVendor = "0x10ee";
    private const string EmulateRemedy = "Without a card: 'sgl vrtd emulate --socket PATH', then --socket PATH.";

    // A daemon that is well answers at once; one that hangs is a finding, not something to wait for.
    private static readonly SessionOptions Patience = new() { RequestTimeout = TimeSpan.FromSeconds(5) };

    internal static IEnumerable<Check> Run(string socket, CancellationToken stop)
    {
        yield return Card();
        yield return Driver();
        yield return Daemon(socket, stop);
        yield return Emulator();
    }

    private static Check Card()
    {
        const string Name = "PCIe card";
        string[] cards = Directory.Exists("/sys/bus/pci/devices")
            ? [.. Directory.EnumerateDirectories("/sys/bus/pci/devices").Where(IsVersal).Select(Path.GetFileName)!]
            : [];
        return cards.Length == 0
            ? new Check(Family, Name, CheckStatus.Absent, "no V80 on the PCI bus", EmulateRemedy)
            : new Check(Family, Name, CheckStatus.Ok, string.Join(", ", cards.Order()));
    }

    // A V80 shows functions of AMD's vendor id with device ids 50b4 to 50b6.
    private static bool IsVersal(string device) =>
        ProcFile.Read(Path.Combine(device, "vendor")) == XilinxVendor
        && ProcFile.Read(Path.Combine(device, "device")) is "0x50b4" or "0x50b5" or "0x50b6";

    private static Check Driver()
    {
        const string Name = "kernel driver (slash)";
        string[] nodes = [.. Directory.EnumerateFileSystemEntries("/dev", "slash_*").Order()];
        if (nodes.Length > 0)
            return new Check(Family, Name, CheckStatus.Ok, string.Join(", ", nodes));
        return Directory.Exists("/sys/module/slash")
            ? new Check(
                Family, Name, CheckStatus.Limited, "loaded, and made no device node", "sudo dmesg | grep -i slash")
            : new Check(Family, Name, CheckStatus.Absent, "not loaded",
                "With a card: install AMD's SLASH packages, then 'sudo modprobe slash'.");
    }

    private static Check Daemon(string socket, CancellationToken stop)
    {
        const string Name = "vrtd daemon";
        try
        {
            using Session session = Session.Connect(socket, Patience);
            int devices = session.GetNumDevices(stop);
            return new Check(
                Family, Name, devices == 0 ? CheckStatus.Limited : CheckStatus.Ok,
                $"{socket} answers, {devices} card{(devices == 1 ? "" : "s")}",
                devices == 0 ? "The daemon sees no card: check the card and the driver above." : null);
        }
        catch (ScatterlistException exception) when (exception.Errno is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            return new Check(
                Family, Name, CheckStatus.Absent, $"nobody listens at {socket}",
                $"With a card: 'sudo systemctl start vrtd.socket'. {EmulateRemedy}");
        }
        catch (ScatterlistException exception)
        {
            return Check.Failed(
                Family, Name, exception.Errno == Errno.EACCES ? CheckStatus.Limited : CheckStatus.Broken, exception);
        }
    }

    // The stand-in is tried for real: memory through its HBM and back.
    private static Check Emulator()
    {
        const string Name = "emulated V80";
        try
        {
            using Session session = Session.OpenEmulated();
            using DeviceBuffer buffer = session.GetDevice(0).OpenHbmVnocBuffer(4096);
            byte[] sent = new byte[4096], back = new byte[4096];
            Random.Shared.NextBytes(sent);
            buffer.Write(0, sent);
            buffer.Read(0, back);
            return sent.AsSpan().SequenceEqual(back)
                ? new Check(Family, Name, CheckStatus.Ok, "works")
                : new Check(Family, Name, CheckStatus.Broken, "other bytes came back than were sent");
        }
        catch (ScatterlistException exception)
        {
            return Check.Failed(Family, Name, CheckStatus.Broken, exception);
        }
    }
}
