using Scatterlist.HostFd.Tests.IO;
using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.Files;

public class DescriptorProbeTests
{
    private const ReadWriteFlags Everywhere =
        ReadWriteFlags.HiPri | ReadWriteFlags.DSync | ReadWriteFlags.Sync | ReadWriteFlags.Append;

    [Fact]
    public void A_memfd_tells_what_it_accepts_and_is_not_changed()
    {
        using FileDescriptor file = TestCalls.MemFd();
        byte[] data = Bytes.Pattern(10);
        TestCalls.SetContents(file, data);
        TestCalls.Seek(file, 4);
        DescriptorProbe probe = DescriptorProbe.Inspect(file);
        Assert.Equal(DescriptorKind.RegularFile, probe.Kind);
        Assert.True(probe.IsSeekable);
        Assert.True(probe.IsReadable);
        Assert.True(probe.IsWritable);
        Assert.Equal(10ul, probe.Size);
        Assert.Equal(Everywhere, probe.WriteFlags & Everywhere);
        Assert.Equal(ReadWriteFlags.None, probe.UnknownReadFlags | probe.UnknownWriteFlags);
        Assert.False(probe.WriteFlags.HasFlag(ReadWriteFlags.Atomic));
        Assert.Equal(data, TestCalls.Contents(file));
        TestCalls.Seek(file, 4);
        AssertTruthful(file, probe);
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    [InlineData("/var/tmp")]
    public void A_files_probe_agrees_with_real_transfers_and_leaves_the_file_alone(string directory)
    {
        if (!Directory.Exists(directory))
            Assert.Skip($"There is no {directory}.");
        string path = Path.Combine(directory, $"sgl-probe-{Guid.NewGuid():N}");
        try
        {
            File.WriteAllBytes(path, Bytes.Pattern(8192));
            DateTime written = File.GetLastWriteTimeUtc(path);
            using FileDescriptor file = HostFile.Open(path, OpenFlags.ReadWrite);
            DescriptorProbe probe = DescriptorProbe.Inspect(file);
            Assert.Equal(Bytes.Pattern(8192), File.ReadAllBytes(path));
            Assert.Equal(written, File.GetLastWriteTimeUtc(path));
            Assert.Single(Directory.GetFiles(directory, Path.GetFileName(path) + "*"));
            AssertTruthful(file, probe);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Access_modes_and_status_flags_are_told()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory["f"], "x");
        using FileDescriptor reading = HostFile.Open(directory["f"]);
        DescriptorProbe probe = DescriptorProbe.Inspect(reading);
        Assert.False(probe.IsWritable);
        Assert.Equal(ReadWriteFlags.None, probe.WriteFlags | probe.UnknownWriteFlags);
        using FileDescriptor appending = HostFile.Open(directory["f"], OpenFlags.WriteOnly | OpenFlags.Append);
        probe = DescriptorProbe.Inspect(appending);
        Assert.False(probe.IsReadable);
        Assert.True(probe.OpenFlags.HasFlag(OpenFlags.Append));
        Assert.Equal(ReadWriteFlags.None, probe.ReadFlags);
        Assert.Equal("x", File.ReadAllText(directory["f"]));
    }

    [Fact]
    public void Pipes_and_sockets_are_probed_without_touching_what_is_in_them()
    {
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (read)
        using (write)
        using (a)
        using (b)
        {
            HostIO.Pwritev2(write, [1, 2]);
            a.SendMsg([3]);
            DescriptorProbe reading = DescriptorProbe.Inspect(read);
            Assert.Equal(DescriptorKind.Pipe, reading.Kind);
            Assert.False(reading.IsSeekable);
            Assert.True(reading.ReadFlags.HasFlag(ReadWriteFlags.NoWait));
            Assert.Equal(ReadWriteFlags.None, reading.WriteFlags);
            Assert.True(DescriptorProbe.Inspect(write).WriteFlags.HasFlag(ReadWriteFlags.NoWait));
            DescriptorProbe socket = DescriptorProbe.Inspect(b.Descriptor);
            Assert.Equal(DescriptorKind.Socket, socket.Kind);
            Assert.True(socket.ReadFlags.HasFlag(ReadWriteFlags.NoWait));
            Assert.False(socket.ReadFlags.HasFlag(ReadWriteFlags.DontCache));
            Assert.Equal(IoResult.Success(2), HostIO.Preadv2(read, new byte[4]));
            Assert.Equal(1ul, b.RecvMsg(new byte[4]).Bytes);
        }
    }

    [Fact]
    public void What_cannot_be_tried_is_unknown_and_a_directory_accepts_nothing()
    {
        using FileDescriptor zero = HostFile.Open("/dev/zero", OpenFlags.ReadWrite);
        DescriptorProbe probe = DescriptorProbe.Inspect(zero);
        Assert.Equal(DescriptorKind.CharacterDevice, probe.Kind);
        Assert.Equal(DescriptorProbe.AllFlags, probe.UnknownReadFlags);
        Assert.Equal(DescriptorProbe.AllFlags, probe.UnknownWriteFlags);
        using FileDescriptor directory = HostFile.Open("/", OpenFlags.Directory);
        probe = DescriptorProbe.Inspect(directory);
        Assert.Equal(DescriptorKind.Directory, probe.Kind);
        Assert.Equal(ReadWriteFlags.None, probe.ReadFlags | probe.UnknownReadFlags);
        using FileDescriptor counter = TestCalls.EventFd();
        Assert.Equal(DescriptorKind.Other, DescriptorProbe.Inspect(counter).Kind);
        Assert.Equal(Errno.EBADF, Assert.Throws<ScatterlistException>(() => DescriptorProbe.Inspect(-1)).Errno);
    }

    [Fact]
    public void A_file_opened_directly_tells_an_alignment_that_works()
    {
        string path = Path.Combine("/var/tmp", $"sgl-direct-{Guid.NewGuid():N}");
        try
        {
            File.WriteAllBytes(path, Bytes.Pattern(1 << 16));
            using DirectFile file = OpenDirectOrSkip(path);
            uint unit = uint.Max(file.OffsetAlignment, file.MemoryAlignment);
            Assert.True(uint.IsPow2(file.OffsetAlignment));
            Assert.True(uint.IsPow2(file.MemoryAlignment));
            using HostBuffer buffer = HostBuffer.Allocate(1 << 16);
            Assert.Equal(IoResult.Success(unit), HostIO.Preadv2(file.Descriptor, buffer, 0, unit, unit));
            Assert.Equal(Bytes.Pattern(1 << 16)[(int)unit..(int)(2 * unit)], buffer.AsSpan(0, (int)unit).ToArray());
            Assert.Equal(IoResult.Success(unit), HostIO.Pwritev2(file.Descriptor, buffer, 0, unit, 0));
            DescriptorProbe probe = DescriptorProbe.Inspect(file.Descriptor);
            Assert.True(probe.OpenFlags.HasFlag(OpenFlags.Direct));
            if (file.IsAlignmentExact && file.OffsetAlignment > 1)
                Assert.Equal(Errno.EINVAL, HostIO.Preadv2(file.Descriptor, buffer, 0, unit, 1).Errno);
            AssertTruthful(file.Descriptor, probe);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Opening_names_path_flags_errno_and_remedy()
    {
        using var directory = new TempDirectory();
        var missing = Assert.Throws<ScatterlistException>(() => HostFile.Open(directory["none"]));
        Assert.Equal(Errno.ENOENT, missing.Errno);
        Assert.Contains(directory["none"], missing.Operation, StringComparison.Ordinal);
        using FileDescriptor made = HostFile.Open(
            directory["new"], OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory["new"]));
        Assert.True(TestCalls.IsCloseOnExec(made.Value));
        Assert.Equal(Errno.EEXIST, Assert.Throws<ScatterlistException>(() => HostFile.Open(
            directory["new"], OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive)).Errno);
        File.CreateSymbolicLink(directory["link"], directory["new"]);
        Assert.Equal(Errno.ELOOP, Assert.Throws<ScatterlistException>(
            () => HostFile.Open(directory["link"], OpenFlags.NoFollow)).Errno);
        Assert.Equal(Errno.ENOTDIR, Assert.Throws<ScatterlistException>(
            () => HostFile.Open(directory["new"], OpenFlags.Directory)).Errno);
        using FileDescriptor unnamed = HostFile.Open(directory.Path, OpenFlags.ReadWrite | OpenFlags.TemporaryFile);
        Assert.Equal(IoResult.Success(1), HostIO.Pwritev2(unnamed, [1], 0));
        Assert.Throws<ArgumentException>(() => HostFile.Open("a\0b"));
    }

    private static DirectFile OpenDirectOrSkip(string path)
    {
        try
        {
            return HostFile.OpenDirect(path, OpenFlags.ReadWrite);
        }
        catch (ScatterlistException e) when (e.Errno == Errno.EINVAL)
        {
            Assert.NotNull(e.Remedy);
            Assert.Skip($"{Path.GetDirectoryName(path)} has no O_DIRECT.");
            throw;
        }
    }

    /// <summary>Compares each answer with a transfer on the very file, which the test may change.</summary>
    private static void AssertTruthful(FileDescriptor file, DescriptorProbe probe)
    {
        using HostBuffer buffer = HostBuffer.Allocate(4096);
        for (uint flag = 1; flag <= 0x100; flag <<= 1)
        {
            var tried = (ReadWriteFlags)flag;
            bool reads = HostIO.Preadv2(file, buffer.AsSpan(), 0, tried).Errno != Errno.EOPNOTSUPP;
            bool writes = HostIO.Pwritev2(file, buffer.AsSpan(), 0, tried).Errno != Errno.EOPNOTSUPP;
            Assert.True(reads == probe.ReadFlags.HasFlag(tried), $"reading with {tried}: {reads}");
            Assert.True(writes == probe.WriteFlags.HasFlag(tried), $"writing with {tried}: {writes}");
        }
    }
}
