using System.Runtime.InteropServices;
using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.IO;

/// <summary>
/// Signals without SA_RESTART: SIGUSR2 with an empty handler of a C library, which no other test uses.
/// </summary>
public class InterruptTests
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <signal.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        static volatile int caught;
        static void handler(int s) { (void)s; caught++; }
        int storm_install(void) {
            struct sigaction a = {0};
            a.sa_handler = handler;
            return sigaction(SIGUSR2, &a, 0);
        }
        int storm_send(int tid) { return syscall(SYS_tgkill, getpid(), tid, SIGUSR2); }
        int storm_caught(void) { return caught; }
        """;

    [Fact]
    public void A_storm_of_signals_neither_breaks_nor_repeats_a_transfer()
    {
        Storm storm = Storm.Load();
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        byte[] data = Bytes.Pattern(3_000_000);
        using (read)
        using (write)
        using (var arena = Arena.Uniform(3000, 1000, gap: 1))
        {
            IoResult result = default;
            int id = 0;
            var reader = new Thread(() =>
            {
                Volatile.Write(ref id, TestCalls.GetThreadId());
                result = HostIO.ReadFully(read, arena.Sequence, -1, out _);
            });
            reader.Start();
            Eventually.True(() => Volatile.Read(ref id) != 0, "The reader never started.");
            int before = storm.Caught();
            for (int at = 0; at < data.Length; at += 10_000)
            {
                for (int i = 0; i < 5; i++)
                    storm.Send(id);
                Assert.True(HostIO.WriteFully(write, data.AsSpan(at, 10_000), -1, out _).IsSuccess);
            }

            Blocked.Join(reader);
            Assert.True(storm.Caught() > before, "No signal was caught.");
            Assert.Equal(IoResult.Success(3_000_000), result);
            Assert.Equal(data, arena.ToArray());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Who_wants_to_know_is_told_of_the_signal_before_the_first_byte(int blocks)
    {
        Storm storm = Storm.Load();
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        using (read)
        using (write)
        using (var arena = Arena.Uniform(blocks, 8, gap: 1))
        {
            IoResult result = default;
            int id = 0;
            Thread reader = Blocked.Start(() =>
            {
                Volatile.Write(ref id, TestCalls.GetThreadId());
                result = HostIO.Preadv2(read, arena.Sequence, -1, ReadWriteFlags.ReturnInterrupted);
            });
            storm.Send(id);
            Blocked.Join(reader);
            Assert.Equal(IoResult.Failure(Errno.EINTR), result);
        }
    }

    [Fact]
    public void A_blocked_receive_and_accept_survive_signals()
    {
        Storm storm = Storm.Load();
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        {
            ReceiveResult result = default;
            int id = 0;
            Thread receiver = Blocked.Start(() =>
            {
                Volatile.Write(ref id, TestCalls.GetThreadId());
                result = b.RecvMsg(new byte[4]);
            });
            int before = storm.Caught();
            for (int i = 0; i < 100; i++)
                storm.Send(id);
            Eventually.True(() => storm.Caught() > before, "No signal was caught.");
            Assert.True(receiver.IsAlive);
            a.SendMsg([1]);
            Blocked.Join(receiver);
            Assert.Equal(1ul, result.Bytes);
        }
    }

    private sealed unsafe class Storm(nint library)
    {
        private static readonly Lazy<Storm> Loaded = new(() =>
        {
            var storm = new Storm(NativeLibrary.Load(CProgram.CompileLibrary(Source).Path));
            Assert.Equal(0, ((delegate* unmanaged<int>)NativeLibrary.GetExport(storm.Library, "storm_install"))());
            return storm;
        });

        private nint Library { get; } = library;

        internal static Storm Load() => Loaded.Value;

        internal void Send(int thread) =>
            _ = ((delegate* unmanaged<int, int>)NativeLibrary.GetExport(Library, "storm_send"))(thread);

        internal int Caught() => ((delegate* unmanaged<int>)NativeLibrary.GetExport(Library, "storm_caught"))();
    }
}
