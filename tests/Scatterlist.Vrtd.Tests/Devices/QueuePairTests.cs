using System.Runtime.CompilerServices;
using Scatterlist.Vrtd.Emulator;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Tests;

/// <summary>Queue pairs of the DMA engine.</summary>
public sealed class QueuePairTests
{
    [Theory]
    [InlineData(WireProfile.Version1)]
    [InlineData(WireProfile.Version2)]
    public void A_started_queue_pair_moves_bytes_at_device_addresses(WireProfile profile)
    {
        using Emulated emulated = new(profile);
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        using QdmaQueuePair pair = emulated.Device.CreateQdmaQueuePair();
        pair.Start();
        using Stream stream = pair.OpenStream();
        stream.Position = (long)buffer.PhysicalAddress.Value + 3;
        stream.Write([7, 8, 9]);

        byte[] read = new byte[4];
        buffer.Read(2, read);
        Assert.Equal([0, 7, 8, 9], read);
        stream.Position -= 2;
        Assert.Equal(2, stream.Read(new byte[2]));
        Assert.Throws<NotSupportedException>(() => stream.Length);
        pair.Stop();
    }

    [Fact]
    public void A_stopped_queue_pair_gives_no_descriptor()
    {
        using Emulated emulated = new();
        using QdmaQueuePair pair = emulated.Device.CreateQdmaQueuePair();

        Assert.Equal(
            VrtdReturnCode.InternalError, Assert.Throws<VrtdException>(() => pair.OpenDescriptor()).ReturnCode);
    }

    [Fact]
    public void Disposing_deletes_the_queue_pair_also_queue_0()
    {
        using Emulated emulated = new(options: new EmulatorOptions { HasDesignWriter = false });
        QdmaQueuePair pair = emulated.Device.CreateQdmaQueuePair();
        Assert.Equal((0u, 1), (pair.QueueId, emulated.QueuePairs));

        pair.Dispose();
        pair.Dispose();

        Assert.True(pair.IsClosed);
        Assert.Equal(0, emulated.QueuePairs);
        Assert.Throws<ObjectDisposedException>(() => pair.Start());
        Assert.Throws<ObjectDisposedException>(() => pair.OpenDescriptor());
    }

    [Fact]
    public void A_descriptor_keeps_its_queue_pair()
    {
        using Emulated emulated = new();
        int before = emulated.QueuePairs;
        QdmaQueuePair pair = emulated.Device.CreateQdmaQueuePair();
        pair.Start();
        FileDescriptor descriptor = pair.OpenDescriptor();
        Stream stream = pair.OpenStream();
        pair.Dispose();
        Assert.Equal(before + 1, emulated.QueuePairs);

        descriptor.Dispose();
        Assert.Equal(before + 1, emulated.QueuePairs);
        stream.Dispose();
        Assert.Equal(before, emulated.QueuePairs);
    }

    [Fact]
    public void A_lost_descriptor_of_a_disposed_queue_pair_does_not_make_the_finalizer_wait_for_the_daemon()
    {
        using ManualResetEvent wake = new(false);
        using FakeDaemon daemon = new(request => request.Opcode == Opcode.QdmaQueuePairOperation
            ? FakeReply.Done with { After = wake }
            : null);
        QdmaQueuePair pair = daemon.Session.GetDevice(0).CreateQdmaQueuePair();
        LoseDescriptor(pair);
        pair.Dispose();
        Eventually.True(
            () =>
            {
                GC.Collect();
                return daemon.LengthsOf(Opcode.QdmaQueuePairOperation).Count == 1;
            },
            "The queue pair was not given back.");

        Task finalizers = Task.Run(GC.WaitForPendingFinalizers);
        bool ended = finalizers.Wait(TimeSpan.FromSeconds(10)); // the daemon has not answered yet
        wake.Set();
        Assert.True(ended);
    }

    [Fact]
    public void A_session_may_be_disposed_before_its_queue_pairs()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        int before = daemon.GetStatistics().QueuePairs;
        Session session = Session.FromSocket(daemon.Connect());
        QdmaQueuePair pair = session.GetDevice(0).CreateQdmaQueuePair();
        session.Dispose();
        pair.Start();
        pair.Stop();
        pair.Dispose();

        Assert.Equal(before, daemon.GetStatistics().QueuePairs);
    }

    [Fact]
    public void Streaming_mode_has_no_stream_and_one_direction_moves_one_way()
    {
        using Emulated emulated = new();
        using QdmaQueuePair up = emulated.Device.CreateQdmaQueuePair(
            new QdmaQueuePairOptions { Directions = QdmaDirections.CardToHost });
        up.Start();
        using Stream stream = up.OpenStream();
        Assert.True(stream is { CanRead: true, CanWrite: false });
        Assert.Throws<NotSupportedException>(() => stream.WriteByte(1));

        using FakeDaemon daemon = new();
        using QdmaQueuePair streaming = daemon.Session.GetDevice(0).CreateQdmaQueuePair(
            new QdmaQueuePairOptions { Mode = QdmaMode.Streaming });
        Assert.Throws<NotSupportedException>(() => streaming.OpenStream());
    }

    // In a method of its own, so that no stack slot keeps it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LoseDescriptor(QdmaQueuePair pair) => _ = pair.OpenDescriptor();
}
