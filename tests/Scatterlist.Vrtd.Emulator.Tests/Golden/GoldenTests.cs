using System.Text.Json;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests.Golden;

/// <summary>Datagrams that were captured from the real daemon, replayed in their order on one connection.</summary>
public sealed class GoldenTests
{
    private const int BdfOffset = FrameHeader.Size + 128;
    private const int BdfLength = 32;

    [Fact]
    public void All_57_datagrams_are_answered_as_the_real_daemon_answered_them()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "Golden", "vrtd-golden-v1.json");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(file));
        JsonElement frames = golden.RootElement.GetProperty("frames");
        Assert.Equal(57, frames.GetArrayLength());
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions
        {
            DeviceCount = 2,
            ExactShapes = true,
            RejectEmptyDeviceCount = true,
            LeakRawBuffers = true,
        });
        using var client = new WireClient(daemon);
        foreach (JsonElement frame in frames.EnumerateArray())
        {
            string name = frame.GetProperty("name").GetString()!;
            byte[] request = Convert.FromHexString(frame.GetProperty("request").GetString()!);
            byte[] expected = Convert.FromHexString(frame.GetProperty("response").GetString()!);
            Assert.Equal(0, frame.GetProperty("request_fds").GetInt32());

            Assert.True(client.SendRaw(request), name);
            byte[]? reply = client.ReceiveRaw(out FileDescriptor[] descriptors);
            foreach (FileDescriptor descriptor in descriptors)
                descriptor.Dispose();

            Assert.True(reply is not null, name);
            MaskWhatIsNotGuaranteed(request, expected);
            MaskWhatIsNotGuaranteed(request, reply);
            string difference = $"{name}: {Convert.ToHexString(expected)} / {Convert.ToHexString(reply)}";
            Assert.True(expected.AsSpan().SequenceEqual(reply), difference);
            Assert.True(frame.GetProperty("response_fds").GetInt32() == descriptors.Length, name);
        }

        Assert.Null(daemon.UnexpectedError);
    }

    /// <summary>
    /// The bytes after the NUL of a device's BDF, of which the wire specification promises nothing (§3).
    /// </summary>
    private static void MaskWhatIsNotGuaranteed(byte[] request, byte[] reply)
    {
        _ = FrameHeader.TryParse(request, out FrameHeader asked, out _);
        if (asked.Opcode != Opcode.GetDeviceInfo || reply.Length <= FrameHeader.Size)
            return;
        Span<byte> bdf = reply.AsSpan(BdfOffset, BdfLength);
        bdf[bdf.IndexOf((byte)0)..].Clear();
    }
}
