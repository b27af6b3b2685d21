using System.Runtime.CompilerServices;
using Scatterlist.Testing;
using Scatterlist.Tests.Lifetime;

namespace Scatterlist.Tests.Mmio;

public sealed class MmioWindowLifetimeTests
{
    [Fact]
    public void Use_after_dispose_is_refused()
    {
        using FileDescriptor device = NewDevice(nameof(Use_after_dispose_is_refused));
        MmioWindow window = MmioWindow.Map(device, 0, 4096);
        window.Dispose();
        window.Dispose();
        Assert.True(window.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => window.Read8(0));
        Assert.Throws<ObjectDisposedException>(() => window.Write64(8, 1));
        Assert.Throws<ObjectDisposedException>(() => window.CopyOut(0, new byte[4]));
        Assert.Throws<ObjectDisposedException>(() => window.CopyIn(0, new byte[4]));
        Assert.Throws<ObjectDisposedException>(() => window.Slice(0, 4));
        Assert.Equal(0, Mappings.Count(nameof(Use_after_dispose_is_refused)));
        Assert.Throws<ObjectDisposedException>(() =>
        {
            device.Dispose();
            MmioWindow.Map(device, 0, 4096);
        });
    }

    [Fact]
    public void Slices_outlive_the_window_they_were_cut_from_and_the_descriptor()
    {
        string name = nameof(Slices_outlive_the_window_they_were_cut_from_and_the_descriptor);
        FileDescriptor device = NewDevice(name);
        MmioWindow window = MmioWindow.Map(device, 0, 4096);
        device.Dispose();
        MmioWindow slice = window.Slice(8, 16);
        window.Dispose();
        Assert.Throws<ObjectDisposedException>(() => window.Read32(0));
        slice.Write32(0, 5);
        MmioWindow inner = slice.Slice(0, 4);
        slice.Dispose();
        Assert.Equal(5u, inner.Read32(0));
        Assert.Equal(1, Mappings.Count(name));
        inner.Dispose();
        Assert.Equal(0, Mappings.Count(name));
    }

    [Fact]
    public void The_parent_is_released_after_the_last_window()
    {
        string name = nameof(The_parent_is_released_after_the_last_window);
        using FileDescriptor device = NewDevice(name);
        var log = new List<string>();
        var parent = new TrackedHandle("device", null, log);
        MmioWindow window = MmioWindow.Map(device, 0, 4096, parent: parent);
        MmioWindow slice = window.Slice(0, 8);
        parent.Dispose();
        window.Dispose();
        Assert.Empty(log);
        Assert.Equal(0u, slice.Read32(0));
        slice.Dispose();
        Assert.Equal(["device"], log);
    }

    [Fact]
    public void A_disposed_parent_refuses_the_window_and_leaves_no_mapping()
    {
        string name = nameof(A_disposed_parent_refuses_the_window_and_leaves_no_mapping);
        using FileDescriptor device = NewDevice(name);
        var log = new List<string>();
        var parent = new TrackedHandle("device", null, log);
        parent.Dispose();
        Assert.Throws<ObjectDisposedException>(() => MmioWindow.Map(device, 0, 4096, parent: parent));
        Assert.Equal(0, Mappings.Count(name));
    }

    [Fact]
    public void Dispose_while_other_threads_access_lets_them_finish()
    {
        string name = nameof(Dispose_while_other_threads_access_lets_them_finish);
        const int Threads = 4;
        for (int round = 0; round < 15; round++)
        {
            using FileDescriptor device = NewDevice(name);
            MmioWindow window = MmioWindow.Map(device, 0, 4096);
            using var running = new CountdownEvent(Threads);
            int refused = 0;
            Thread[] threads =
            [
                .. Enumerable.Range(0, Threads).Select(t => new Thread(() =>
                {
                    var bytes = new byte[500];
                    try
                    {
                        for (int i = 0; ; i++)
                        {
                            window.Write32((nuint)t * 4, window.Read32((nuint)t * 4) + 1);
                            window.CopyOut(1000, bytes);
                            if (i == 10)
                                running.Signal();
                        }
                    }
                    catch (ObjectDisposedException)
                    {
                        Interlocked.Increment(ref refused);
                    }
                })),
            ];
            foreach (Thread thread in threads)
                thread.Start();
            running.Wait();
            window.Dispose();
            foreach (Thread thread in threads)
                thread.Join();
            Assert.Equal(Threads, refused);
            Assert.Equal(0, Mappings.Count(name));
        }
    }

    [Fact]
    public void Lost_windows_are_unmapped()
    {
        string name = nameof(Lost_windows_are_unmapped);
        using FileDescriptor device = NewDevice(name);
        var log = new List<string>();
        LoseWindows(device, log);
        Eventually.TrueAfterCollection(
            () =>
            {
                lock (log)
                    return Mappings.Count(name) == 0 && log.Count == 10;
            },
            "A lost window is still mapped.");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LoseWindows(FileDescriptor device, List<string> log)
    {
        for (int i = 0; i < 10; i++)
        {
            var parent = new TrackedHandle("device", null, log);
            MmioWindow window = MmioWindow.Map(device, 0, 4096, parent: parent);
            _ = window.Slice(0, 8).Slice(4, 4);
            if (i % 2 == 0)
                window.Dispose();
        }
    }

    private static FileDescriptor NewDevice(string name) => FileDescriptor.FromOwned(Libc.NewMemFd(name));
}
