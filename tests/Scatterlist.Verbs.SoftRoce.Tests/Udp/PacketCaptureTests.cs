using System.Diagnostics;
using Scatterlist.Verbs.SoftRoce.Capture;
using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using Scatterlist.Verbs.SoftRoce.Tests.Wire;
using static Scatterlist.Verbs.SoftRoce.Tests.Udp.UdpFixture;

namespace Scatterlist.Verbs.SoftRoce.Tests.Udp;

public sealed class PacketCaptureTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Both_directions_are_recorded_as_they_were_on_the_wire(bool isV6)
    {
        using var directory = new TempDirectory();
        string file = Path.Combine(directory.Path, "traffic.pcap");
        Capture(file, isV6, out Gid from, out Gid to, out int port);
        List<byte[]> bytes = PcapFile.Read(file);
        Assert.Equal(12, bytes.Count);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        // Sent first, then received: the same bytes, the identification included.
        Assert.Equal(bytes[..6], bytes[6..]);
        for (int i = 0; i < bytes.Count; i++)
        {
            if (port != SoftNicOptions.RocePort)
                continue; // ::1 has a port of its own here
            var packet = new IpPacket(bytes[i]);
            Assert.Equal((from, to), (packet.Source, packet.Destination));
            Assert.Equal((port, port), (packet.SourcePort, packet.DestinationPort));
            Assert.Equal(i % 6, packet.Identification);
            Assert.Equal(((byte)0x28, (byte)9), (packet.TrafficClass, packet.HopLimit));
            Assert.Equal(0, Checksum(bytes[i].AsSpan(0, 20)));
        }
    }

    [Fact]
    public void Wireshark_decodes_it()
    {
        string? tshark = new[] { "/usr/bin/tshark", "/usr/local/bin/tshark" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(tshark is null, "tshark is not installed: apt install tshark");
        using var directory = new TempDirectory();
        string file = Path.Combine(directory.Path, "traffic.pcap");
        Capture(file, isV6: false, out _, out _, out _);
        using Process process = Process.Start(new ProcessStartInfo(
            tshark!, ["-r", file, "-T", "fields", "-e", "infiniband.bth.opcode", "-e", "infiniband.bth.psn"])
        {
            RedirectStandardOutput = true,
        })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(12, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("39\t5", output, StringComparison.Ordinal); // UC RDMA WRITE Middle, the last packet's number
    }

    [Fact]
    public void A_file_that_cannot_be_made_is_an_error() =>
        Assert.ThrowsAny<IOException>(() => PacketCapture.Create("/proc/none/traffic.pcap").Dispose());

    private static void Capture(string file, bool isV6, out Gid from, out Gid to, out int number)
    {
        using PacketCapture capture = PacketCapture.Create(file);
        var options = new UdpPortOptions { Capture = capture };
        if (isV6)
            options = options with { Port = FreshPortV6() };
        using UdpPort sender =
            UdpPort.Open(isV6 ? System.Net.IPAddress.IPv6Loopback : FreshV4(), options);
        using UdpPort? other = isV6 ? null : Open(options);
        UdpPort receiver = other ?? sender;
        UdpPath path = sender.CreatePath(receiver.Local);
        using HostBuffer memory = HostBuffer.Allocate(4096);
        for (uint i = 0; i < 6; i++)
            Assert.True(path.TryQueue(Header(i), [new(memory.Address, 100)], 0, 0x28, 9));
        path.Flush();
        Assert.True(ReceiveAll(receiver, new Keeper(), 6));
        (from, to, number) = (sender.Local, receiver.Local, sender.Number);
    }

    private static int Checksum(ReadOnlySpan<byte> header)
    {
        int sum = 0;
        for (int i = 0; i < header.Length; i += 2)
            sum += (header[i] << 8) | header[i + 1];
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return sum ^ 0xffff;
    }
}
