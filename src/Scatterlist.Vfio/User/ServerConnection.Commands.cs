using Scatterlist.HostFd;

namespace Scatterlist.Vfio;

internal sealed partial class ServerConnection
{
    private const int MaxEventsASet = 2048;
    private const int MaxFiles = 1024;

    /// <summary>Does what a command asks, answers it, and gives it back.</summary>
    private void Answer(Message command)
    {
        try
        {
            int most = command.Command switch
            {
                UserCommand.DmaMap => 1,
                UserCommand.SetIrqs => UserWire.MaxDescriptors,
                _ => 0,
            };
            Errno errno = !HasDescriptors(command, most) ? Errno.EINVAL : command.Command switch
            {
                UserCommand.DmaMap => MapDma(command),
                UserCommand.DmaUnmap => UnmapDma(command),
                UserCommand.GetInfo => GetInfo(command),
                UserCommand.GetRegionInfo => GetRegionInfo(command),
                UserCommand.GetRegionIoFds => GetRegionIoFds(command),
                UserCommand.GetIrqInfo => GetIrqInfo(command),
                UserCommand.SetIrqs => SetIrqs(command),
                UserCommand.RegionRead => ReadRegion(command),
                UserCommand.RegionWrite => WriteRegion(command),
                UserCommand.Reset => Reset(command),
                UserCommand.Version or UserCommand.DmaRead or UserCommand.DmaWrite => Errno.EINVAL,
                _ => Errno.EOPNOTSUPP,
            };
            if (errno != Errno.None)
                Reply(command, errno);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A model that throws is a model with a bug; the client hears of it and the others go on.
            Reply(command, Errno.EIO);
        }
        finally
        {
            _channel.Return(command);
        }
    }

    private Errno MapDma(Message command)
    {
        ReadOnlySpan<byte> payload = command.Payload;
        if (payload.Length != UserWire.MapBytes || UserWire.Get32(payload, 0) < UserWire.MapBytes)
            return Errno.EINVAL;
        uint flags = UserWire.Get32(payload, 4);
        ulong offset = UserWire.Get64(payload, 8);
        ulong address = UserWire.Get64(payload, 16);
        ulong length = UserWire.Get64(payload, 24);
        var access = (DmaAccess)(flags & UserWire.MapAccessMask);
        if ((flags & ~UserWire.MapKnownFlags) != 0 || access == DmaAccess.None
            || ((offset | address | length) & (_options.PageSize - 1)) != 0 || offset > long.MaxValue
            || length > long.MaxValue - offset)
        {
            return Errno.EINVAL;
        }

        Errno errno = Model.Dma.CanMap(address, length);
        if (errno != Errno.None)
            return errno;
        DmaTable.Entry entry;
        if (command.Descriptors.Count == 0)
        {
            entry = new DmaTable.Entry(address, length, access, remote: this);
        }
        else
        {
            errno = Open(command.Descriptors.Take(0), offset, address, length, access, out DmaTable.Entry? opened);
            if (errno != Errno.None)
                return errno;
            entry = opened!;
        }

        errno = Model.Dma.Map(entry);
        if (errno != Errno.None)
            entry.Retire();
        else
            Reply(command, Errno.None);
        return errno;
    }

    private Errno Open(
        FileDescriptor descriptor, ulong offset, ulong address, ulong length, DmaAccess access,
        out DmaTable.Entry? entry)
    {
        entry = null;
        bool isTaken = false;
        try
        {
            // All of the range has to be there. Where the owner can still cut it short, system calls move the bytes:
            // those report what a load or a store would die of.
            FileStatus status = FileStatus.Of(descriptor);
            if (status.Kind != DescriptorKind.RegularFile || !SharedMemory.Contains(status.Size, offset, length))
                return Errno.EINVAL;
            if (!status.IsReadable || ((access & DmaAccess.Write) != 0 && !status.IsWritable))
                return Errno.EACCES;
            if (!SharedMemory.IsSealed(descriptor.Value))
            {
                // Each keeps its descriptor, and the process has only so many for all clients.
                if (Model.Dma.FileCount >= MaxFiles)
                    return Errno.ENOSPC;
                isTaken = true;
                entry = new DmaTable.Entry(address, length, access, backing: descriptor, fileOffset: offset);
                return Errno.None;
            }

            Errno errno = SharedMemory.TryMap(descriptor, offset, length, access, out SharedMemory? memory);
            if (errno == Errno.None)
                entry = new DmaTable.Entry(address, length, access, memory!.Block, memory);
            return errno;
        }
        catch (ScatterlistException e)
        {
            return e.Errno;
        }
        finally
        {
            if (!isTaken)
                descriptor.Dispose();
        }
    }

    private Errno UnmapDma(Message command)
    {
        ReadOnlySpan<byte> payload = command.Payload;
        if (payload.Length != UserWire.UnmapBytes || UserWire.Get32(payload, 0) < UserWire.UnmapBytes)
            return Errno.EINVAL;
        uint flags = UserWire.Get32(payload, 4);
        ulong address = UserWire.Get64(payload, 8);
        ulong length = UserWire.Get64(payload, 16);
        Span<byte> answer = stackalloc byte[UserWire.UnmapBytes];
        payload.CopyTo(answer);
        UserWire.Put32(answer, 0, UserWire.UnmapBytes);
        if (flags == UserWire.UnmapAll)
        {
            if ((address | length) != 0)
                return Errno.EINVAL;
            Model.Dma.UnmapAll();
        }
        else if (flags != 0)
        {
            return Errno.EOPNOTSUPP;
        }
        else
        {
            Errno errno = Model.Dma.Unmap(address, length);
            if (errno == Errno.ENOENT)
                UserWire.Put64(answer, 16, 0); // as the kernel's VFIO: success, and nothing was unmapped
            else if (errno != Errno.None)
                return errno;
        }

        Reply(command, Errno.None, answer);
        return Errno.None;
    }

    private Errno GetInfo(Message command)
    {
        if (!HasArgument(command, UserWire.InfoBytes))
            return Errno.EINVAL;
        VfioDeviceInfo info = Model.Info;
        Span<byte> answer = stackalloc byte[UserWire.InfoBytes];
        UserWire.Put32(answer, 0, UserWire.InfoBytes);
        UserWire.Put32(
            answer, 4, (info.IsResetSupported ? UserWire.InfoReset : 0) | (info.IsPci ? UserWire.InfoPci : 0));
        UserWire.Put32(answer, 8, (uint)info.RegionCount);
        UserWire.Put32(answer, 12, (uint)info.InterruptCount);
        Reply(command, Errno.None, answer);
        return Errno.None;
    }

    private Errno GetRegionInfo(Message command)
    {
        if (!HasArgument(command, UserWire.RegionInfoBytes))
            return Errno.EINVAL;
        uint index = UserWire.Get32(command.Payload, 8);
        if (index >= (uint)Model.Regions.Count)
            return Errno.EINVAL;
        VfioRegionInfo region = Model.Regions[(int)index];
        FileDescriptor? memory = null;
        ulong start = 0;
        if ((region.Flags & RegionFlags.Map) != 0)
            memory = Model.GetRegionMemory((int)index, out start);
        int areas = memory is null ? 0 : region.MappableAreas.Count;
        int full = UserWire.RegionInfoBytes + (areas == 0 ? 0 : UserWire.SparseHeaderBytes + (areas * 16));
        bool fits = UserWire.Get32(command.Payload, 0) >= full && full <= UserWire.MaxTransferBytes;
        int length = fits ? full : UserWire.RegionInfoBytes;
        Span<byte> answer = Answer(length);
        RegionFlags flags = memory is null ? region.Flags & ~RegionFlags.Map : region.Flags;
        UserWire.Put32(answer, 0, (uint)full);
        UserWire.Put32(answer, 4, (uint)flags | (areas == 0 ? 0 : UserWire.RegionHasCapabilities));
        UserWire.Put32(answer, 8, index);
        UserWire.Put64(answer, 16, region.Size);
        UserWire.Put64(answer, 24, start);
        if (length > UserWire.RegionInfoBytes)
        {
            UserWire.Put32(answer, 12, UserWire.RegionInfoBytes);
            Span<byte> sparse = answer[UserWire.RegionInfoBytes..];
            UserWire.Put16(sparse, 0, UserWire.CapabilitySparseMap);
            UserWire.Put16(sparse, 2, 1);
            UserWire.Put32(sparse, 8, (uint)areas);
            for (int i = 0; i < areas; i++)
            {
                UserWire.Put64(sparse, 16 + (i * 16), region.MappableAreas[i].Offset);
                UserWire.Put64(sparse, 24 + (i * 16), region.MappableAreas[i].Length);
            }
        }

        if (memory is null || !fits)
        {
            Reply(command, Errno.None, answer);
            return Errno.None;
        }

        bool held = false;
        try
        {
            memory.DangerousAddRef(ref held);
            Reply(command, Errno.None, answer, default, [(int)memory.DangerousGetHandle()]);
        }
        finally
        {
            if (held)
                memory.DangerousRelease();
        }

        return Errno.None;
    }

    // No region has descriptors for its doorbells: the answer is an empty list.
    private Errno GetRegionIoFds(Message command)
    {
        if (!HasArgument(command, 16) || UserWire.Get32(command.Payload, 8) >= (uint)Model.Regions.Count)
            return Errno.EINVAL;
        Span<byte> answer = stackalloc byte[16];
        UserWire.Put32(answer, 0, 16);
        UserWire.Put32(answer, 8, UserWire.Get32(command.Payload, 8));
        Reply(command, Errno.None, answer);
        return Errno.None;
    }

    private Errno GetIrqInfo(Message command)
    {
        if (!HasArgument(command, UserWire.IrqInfoBytes))
            return Errno.EINVAL;
        uint index = UserWire.Get32(command.Payload, 8);
        if (index >= (uint)Model.Interrupts.Count)
            return Errno.EINVAL;
        VfioInterruptInfo info = Model.Interrupts[(int)index];
        Span<byte> answer = stackalloc byte[UserWire.IrqInfoBytes];
        UserWire.Put32(answer, 0, UserWire.IrqInfoBytes);
        UserWire.Put32(answer, 4, (uint)info.Flags);
        UserWire.Put32(answer, 8, index);
        UserWire.Put32(answer, 12, (uint)info.Count);
        Reply(command, Errno.None, answer);
        return Errno.None;
    }

    private Errno SetIrqs(Message command)
    {
        ReadOnlySpan<byte> payload = command.Payload;
        if (payload.Length < UserWire.SetIrqsBytes || UserWire.Get32(payload, 0) < UserWire.SetIrqsBytes)
            return Errno.EINVAL;
        uint flags = UserWire.Get32(payload, 4);
        var kind = (InterruptKind)UserWire.Get32(payload, 8);
        uint start = UserWire.Get32(payload, 12);
        uint count = UserWire.Get32(payload, 16);
        uint data = flags & UserWire.IrqDataMask;
        uint action = flags & UserWire.IrqActionMask;
        if ((flags & ~(UserWire.IrqDataMask | UserWire.IrqActionMask)) != 0 || !uint.IsPow2(data)
            || !uint.IsPow2(action))
        {
            return Errno.EINVAL;
        }

        uint vectors = (uint)Model.Lines.CountOf(kind);
        ReadOnlySpan<byte> values = payload[UserWire.SetIrqsBytes..];
        if ((uint)kind >= (uint)Model.Interrupts.Count || start > vectors || count > vectors - start
            || count > MaxEventsASet || values.Length != (data == UserWire.IrqDataBool ? count : 0)
            || (data != UserWire.IrqDataEvent && command.Descriptors.Count != 0))
        {
            return Errno.EINVAL;
        }

        Errno errno = SetIrqs(command, kind, (int)start, (int)count, data, action, values);
        if (errno == Errno.None)
            Reply(command, Errno.None);
        return errno;
    }

    private Errno SetIrqs(
        Message command, InterruptKind kind, int start, int count, uint data, uint action, ReadOnlySpan<byte> values)
    {
        InterruptLines lines = Model.Lines;
        InterruptFlags abilities = Model.Interrupts[(int)kind].Flags;
        if (action != UserWire.IrqTrigger)
        {
            if ((abilities & InterruptFlags.Maskable) == 0 || data == UserWire.IrqDataEvent)
                return Errno.EINVAL;
            Change(lines, kind, start, count, values, action == UserWire.IrqMask
                ? InterruptChange.Mask
                : InterruptChange.Unmask);
            return Errno.None;
        }

        if (data != UserWire.IrqDataEvent)
        {
            if (count == 0)
                lines.Change(kind, 0, 0, InterruptChange.Disable);
            else
                Change(lines, kind, start, count, values, InterruptChange.Trigger);
            return Errno.None;
        }

        int given = command.Descriptors.Count;
        if (count == 0 || (given != 0 && given != count))
            return Errno.EINVAL;
        for (int i = 0; i < given; i++)
        {
            if (!EventCalls.IsEventFd(command.Descriptors[i]))
                return Errno.EINVAL;
        }

        var events = new FileDescriptor?[count];
        for (int i = 0; i < given; i++)
            events[i] = command.Descriptors.Take(i);
        lines.Set(kind, start, events);
        return Errno.None;
    }

    private static void Change(
        InterruptLines lines, InterruptKind kind, int start, int count, ReadOnlySpan<byte> values,
        InterruptChange change)
    {
        if (values.IsEmpty)
            lines.Change(kind, start, count, change);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] != 0)
                lines.Change(kind, start + i, 1, change);
        }
    }

    private Errno ReadRegion(Message command)
    {
        ReadOnlySpan<byte> payload = command.Payload;
        if (payload.Length != UserWire.AccessBytes || !IsAccess(payload, RegionFlags.Read, out int count))
            return Errno.EINVAL;
        Span<byte> answer = Answer(UserWire.AccessBytes + count);
        payload.CopyTo(answer);
        Errno errno = Model.ReadRegion(
            (int)UserWire.Get32(payload, 8), UserWire.Get64(payload, 0), answer[UserWire.AccessBytes..]);
        if (errno == Errno.None)
            Reply(command, errno, answer);
        return errno;
    }

    private Errno WriteRegion(Message command)
    {
        ReadOnlySpan<byte> payload = command.Payload;
        if (payload.Length < UserWire.AccessBytes || !IsAccess(payload, RegionFlags.Write, out int count)
            || payload.Length != UserWire.AccessBytes + count)
        {
            return Errno.EINVAL;
        }

        Errno errno = Model.WriteRegion(
            (int)UserWire.Get32(payload, 8), UserWire.Get64(payload, 0), payload[UserWire.AccessBytes..]);
        if (errno == Errno.None)
            Reply(command, errno, payload[..UserWire.AccessBytes]);
        return errno;
    }

    private Errno Reset(Message command)
    {
        if (command.Length != 0 || !Model.Info.IsResetSupported)
            return Errno.EINVAL;
        Errno errno = Model.Reset();
        if (errno == Errno.None)
            Reply(command, errno);
        return errno;
    }

    private bool IsAccess(ReadOnlySpan<byte> payload, RegionFlags wanted, out int count)
    {
        ulong offset = UserWire.Get64(payload, 0);
        uint region = UserWire.Get32(payload, 8);
        uint bytes = UserWire.Get32(payload, 12);
        count = (int)Math.Min(bytes, UserWire.MaxTransferBytes);
        return bytes is > 0 and <= UserWire.MaxTransferBytes && region < (uint)Model.Regions.Count
            && (Model.Regions[(int)region].Flags & wanted) != 0
            && Model.Regions[(int)region].Contains(offset, bytes);
    }

    private static bool HasArgument(Message command, int length) =>
        command.Length == length && UserWire.Get32(command.Payload, 0) >= length;

    private Span<byte> Answer(int length)
    {
        if (_answer.Length < length)
            _answer = new byte[length];
        Span<byte> answer = _answer.AsSpan(0, length);
        answer.Clear();
        return answer;
    }
}
