using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Scatterlist.Testing;

namespace Scatterlist.Tests.Lifetime;

public sealed class FileDescriptorTests
{
    [Fact]
    public void A_negative_number_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FileDescriptor.FromOwned(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => FileDescriptor.FromOwned(int.MinValue));
    }

    [Fact]
    public void It_closes_the_number_once()
    {
        string name = nameof(It_closes_the_number_once);
        FileDescriptor descriptor = FileDescriptor.FromOwned(Libc.NewMemFd(name));
        Assert.Equal(1, FdCounter.Count(name));
        descriptor.Dispose();
        Assert.Equal(0, FdCounter.Count(name));
        Assert.Throws<ObjectDisposedException>(() => descriptor.Value);

        // Numbers are given out again at once: a second close would hit somebody else's descriptor.
        var others = new List<FileDescriptor>();
        for (int i = 0; i < 50; i++)
            others.Add(FileDescriptor.FromOwned(Libc.NewMemFd(name)));
        descriptor.Dispose();
        Assert.Equal(50, FdCounter.Count(name));
        others.ForEach(other => other.Dispose());
    }

    [Fact]
    public void A_duplicate_has_a_number_of_its_own_and_shares_the_offset()
    {
        string name = nameof(A_duplicate_has_a_number_of_its_own_and_shares_the_offset);
        using FileDescriptor first = FileDescriptor.FromOwned(Libc.NewMemFd(name));
        using FileDescriptor second = first.Duplicate();
        using FileDescriptor third = FileDescriptor.DuplicateOf(second.Value);
        Assert.Equal(3, new[] { first.Value, second.Value, third.Value }.Distinct().Count());
        Assert.Equal(1, Libc.FCntl(second.Value, Libc.FGetFd, 0)); // FD_CLOEXEC

        Assert.Equal(3, Libc.LSeek(first.Value, 3, 0));
        Assert.Equal(3, Position(second.Value));
        first.Dispose();
        Assert.Equal(3, Position(third.Value));
    }

    [Fact]
    public void Duplicating_a_closed_number_names_the_call_and_the_error()
    {
        var e = Assert.Throws<ScatterlistException>(() => FileDescriptor.DuplicateOf(1_000_000));
        Assert.Equal(Errno.EBADF, e.Errno);
        Assert.Equal("fcntl(1000000, F_DUPFD_CLOEXEC)", e.Operation);

        FileDescriptor descriptor = FileDescriptor.FromOwned(Libc.NewMemFd("closed"));
        descriptor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => descriptor.Duplicate());
        Assert.Throws<ObjectDisposedException>(() => descriptor.ToSafeFileHandle());
        Assert.Throws<ObjectDisposedException>(() => descriptor.ReleaseOwnership());
    }

    [Fact]
    public void The_BCLs_handle_is_independent()
    {
        string name = nameof(The_BCLs_handle_is_independent);
        SafeFileHandle file;
        using (FileDescriptor descriptor = FileDescriptor.FromOwned(Libc.NewMemFd(name)))
            file = descriptor.ToSafeFileHandle();
        using (file)
        {
            Assert.Equal(1, FdCounter.Count(name));
            Assert.Equal(4096, RandomAccess.GetLength(file));
        }

        Assert.Equal(0, FdCounter.Count(name));
    }

    [Fact]
    public void Handing_over_stops_disposal_and_finalization()
    {
        string name = nameof(Handing_over_stops_disposal_and_finalization);
        int fd = HandOver(name);
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(1, FdCounter.Count(name));
        Assert.Equal(0, Libc.Close(fd));
    }

    [Fact]
    public void A_lost_descriptor_is_closed()
    {
        string name = nameof(A_lost_descriptor_is_closed);
        Lose(name);
        Eventually.TrueAfterCollection(() => FdCounter.Count(name) == 0, "The lost descriptor is still open.");
    }

    [Fact]
    public void The_number_stays_taken_while_a_call_holds_it()
    {
        string name = nameof(The_number_stays_taken_while_a_call_holds_it);
        FileDescriptor descriptor = FileDescriptor.FromOwned(Libc.NewMemFd(name));
        bool held = false;
        descriptor.DangerousAddRef(ref held);
        int number = descriptor.Value;
        descriptor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => descriptor.Value);
        Assert.Throws<ObjectDisposedException>(() => descriptor.Duplicate());
        Assert.Throws<ObjectDisposedException>(() => descriptor.ReleaseOwnership());
        Assert.Contains(name, Libc.TargetOf(number), StringComparison.Ordinal);
        for (int i = 0; i < 50; i++)
        {
            using FileDescriptor other = FileDescriptor.FromOwned(Libc.NewMemFd("other"));
            Assert.NotEqual(number, other.Value);
        }

        descriptor.DangerousRelease();
        Assert.Equal(0, FdCounter.Count(name));
    }

    [Fact]
    public void A_parent_is_released_with_the_descriptor_or_when_it_is_handed_over()
    {
        var log = new List<string>();
        var parent = new TrackedHandle("parent", null, log);
        FileDescriptor first = FileDescriptor.FromOwned(Libc.NewMemFd("first"), parent);
        FileDescriptor second = FileDescriptor.FromOwned(Libc.NewMemFd("second"), parent);
        parent.Dispose();
        first.Dispose();
        Assert.Empty(log);
        int fd = second.ReleaseOwnership();
        second.Dispose();
        Assert.Equal(["parent"], log);
        Assert.Throws<ObjectDisposedException>(() => FileDescriptor.FromOwned(fd, parent));
        Assert.Equal(0, Libc.Close(fd));
    }

    [Fact]
    public void A_hand_over_against_a_dispose_has_one_winner()
    {
        string name = nameof(A_hand_over_against_a_dispose_has_one_winner);
        int handedOver = 0;
        for (int round = 0; round < 300; round++)
        {
            FileDescriptor descriptor = FileDescriptor.FromOwned(Libc.NewMemFd(name));
            using var start = new Barrier(2);
            var disposer = new Thread(() =>
            {
                start.SignalAndWait();
                descriptor.Dispose();
            });
            disposer.Start();
            start.SignalAndWait();
            int fd = -1;
            try
            {
                fd = descriptor.ReleaseOwnership();
            }
            catch (ObjectDisposedException)
            {
            }

            disposer.Join();
            Assert.Equal(fd < 0 ? 0 : 1, FdCounter.Count(name));
            if (fd >= 0)
            {
                handedOver++;
                Assert.Contains(name, Libc.TargetOf(fd), StringComparison.Ordinal);
                Assert.Equal(0, Libc.Close(fd));
            }
        }

        Assert.InRange(handedOver, 0, 300);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int HandOver(string name)
    {
        FileDescriptor descriptor = FileDescriptor.FromOwned(Libc.NewMemFd(name));
        int fd = descriptor.ReleaseOwnership();
        Assert.True(descriptor.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => descriptor.ReleaseOwnership());
        Assert.Throws<ObjectDisposedException>(() => descriptor.Value);
        descriptor.Dispose();
        return fd;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Lose(string name) => _ = FileDescriptor.FromOwned(Libc.NewMemFd(name));

    private static long Position(int fd)
    {
        string line = File.ReadLines($"/proc/self/fdinfo/{fd}").First();
        return long.Parse(line.AsSpan("pos:".Length), System.Globalization.NumberStyles.AllowLeadingWhite, null);
    }
}
