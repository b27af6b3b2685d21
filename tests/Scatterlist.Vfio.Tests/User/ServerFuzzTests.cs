using System.Buffers.Binary;

namespace Scatterlist.Vfio.Tests.User;

/// <summary>Clients that send rubbish: the server stays, others do not notice, and nothing is left open.</summary>
[Collection(nameof(Alone))]
public sealed class ServerFuzzTests
{
    [Fact]
    public void Rubbish_harms_nobody_and_leaves_nothing()
    {
        using var directory = new TempDirectory();
        using HostBuffer memory = HostBuffer.Allocate(
            64 * 1024, new HostBufferOptions { IsShareable = true, Name = "sgl-fuzz" });
        using FileDescriptor events = Native.EventFd();
        using FileDescriptor unsealed = Native.MemFd(64 * 1024);
        int[] descriptors = [memory.Descriptor!.Value, events.Value, unsealed.Value, 0];
        FdCounter open = FdCounter.Start();
        using (VfioUserServer server = VfioUserServer.StartForEach(
            directory["card"], () => new TestCard(),
            new VfioUserServerOptions { PeerTimeout = TimeSpan.FromMilliseconds(300) }))
        {
            // Somebody with good manners, all the while.
            using VfioUserDevice bystander = VfioUserDevice.Connect(directory["card"]);
            using HostBuffer own = HostBuffer.Allocate(8192, new HostBufferOptions { IsShareable = true });
            using DmaMapping mapping = bystander.MapDma(DmaMapRequest.For(own));
            SeededRandom.Run(150, random =>
            {
                using var client = new RawClient(directory["card"]);
                bool isThere = true;
                for (int i = random.Next(1, 40); i > 0 && isThere; i--)
                {
                    byte[] frame = Mutate(random, Sensible(random));
                    int count = random.Next(4) == 0 ? random.Next(1, 30) : random.Next(3);
                    int[] sent = [.. Enumerable.Range(0, count).Select(_ => descriptors[random.Next(4)])];
                    isThere = client.Send(frame, sent);
                }

                own.AsSpan(0, 8).Fill((byte)random.Next());
                Assert.Equal(
                    Errno.None, DeviceSetup.Copy(bystander, mapping.IoAddress + 4096, mapping.IoAddress, 8));
                Assert.True(own.AsSpan(0, 8).SequenceEqual(own.AsSpan(4096, 8)));
            });
            Eventually.True(() => server.ConnectionCount == 1, "Connections are left.");
        }

        open.AssertNothingNew();
        Assert.Equal(1, Mappings.Count("sgl-fuzz"));
    }

    /// <summary>A frame that is right or nearly so.</summary>
    private static byte[] Sensible(Random random)
    {
        var command = (ushort)random.Next(1, 18);
        object address = (ulong)random.Next(0, 20) << 12;
        object length = (ulong)random.Next(0, 20) << 12;
        byte[] payload = command switch
        {
            2 => RawClient.Pack(32u, (uint)random.Next(5), (ulong)random.Next(0, 4) << 12, address, length),
            3 => RawClient.Pack(24u, (uint)random.Next(3), address, length),
            4 => RawClient.Pack(16u, 0u, 0u, 0u),
            5 => RawClient.Pack((uint)random.Next(0, 100), 0u, (uint)random.Next(12), 0u, 0ul, 0ul),
            6 or 7 => RawClient.Pack(16u, 0u, (uint)random.Next(12), 0u),
            8 => RawClient.Pack(
                20u, 1u << random.Next(3) | 8u << random.Next(3), (uint)random.Next(6), (uint)random.Next(9),
                (uint)random.Next(9)),
            9 => RawClient.Pack((ulong)random.Next(5000), (uint)random.Next(10), (uint)random.Next(70000)),
            10 => RawClient.Pack((ulong)random.Next(0x1000), (uint)random.Next(10), 8u, new byte[8]),
            11 or 12 => RawClient.Pack(address, length),
            _ => [],
        };
        uint flags = random.Next(8) == 0 ? (uint)random.Next(64) : random.Next(4) == 0 ? 0x10u : 0;
        return RawClient.Frame((ushort)random.Next(65536), command, flags, 0, payload);
    }

    private static byte[] Mutate(Random random, byte[] frame)
    {
        switch (random.Next(10))
        {
            case 0:
                frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), random.Next(-5, 2 << 20));
                break;
            case 2:
                Array.Resize(ref frame, random.Next(1, frame.Length + 1));
                break;
            case 3 when frame.Length >= 24:
                BinaryPrimitives.WriteUInt64LittleEndian(
                    frame.AsSpan(16 + random.Next(frame.Length - 23)), ulong.MaxValue >> random.Next(64));
                break;
            case 4:
                random.NextBytes(frame);
                break;
            case 5:
                Array.Resize(ref frame, frame.Length + random.Next(64));
                BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), frame.Length);
                break;
        }

        return frame;
    }
}
