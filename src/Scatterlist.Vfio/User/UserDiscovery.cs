using Scatterlist.HostFd;

namespace Scatterlist.Vfio;

/// <summary>What a client asks its server first. The server is not trusted either.</summary>
internal sealed class UserDiscovery(MessageChannel channel, string operation)
{
    private const int MaxRegions = 256;
    private const int MaxInterruptKinds = 64;
    private const int MaxVectors = 2048;
    private const int MaxRegionInfoBytes = 64 * 1024;

    internal UserCapabilities Server { get; private set; }

    internal VfioDeviceInfo Info { get; private set; }

    internal VfioRegionInfo[] Regions { get; private set; } = [];

    internal VfioInterruptInfo[] Interrupts { get; private set; } = [];

    internal (FileDescriptor? Memory, ulong Offset)[] RegionMemory { get; private set; } = [];

    internal void Run()
    {
        AgreeOnVersion();
        Message reply = Ask(UserCommand.GetInfo, UserWire.InfoBytes, index: null);
        uint flags = UserWire.Get32(reply.Payload, 4);
        uint regions = UserWire.Get32(reply.Payload, 8);
        uint interrupts = UserWire.Get32(reply.Payload, 12);
        channel.Return(reply);
        if (regions > MaxRegions || interrupts > MaxInterruptKinds)
            throw Nonsense($"{regions} regions and {interrupts} kinds of interrupts");
        Info = new VfioDeviceInfo(
            (flags & UserWire.InfoPci) != 0, (flags & UserWire.InfoReset) != 0, (int)regions, (int)interrupts);
        Regions = new VfioRegionInfo[regions];
        RegionMemory = new (FileDescriptor?, ulong)[regions];
        for (int i = 0; i < Regions.Length; i++)
            ReadRegion(i);
        Interrupts = new VfioInterruptInfo[interrupts];
        for (int i = 0; i < Interrupts.Length; i++)
            ReadInterrupt(i);
    }

    private void AgreeOnVersion()
    {
        Span<byte> version = stackalloc byte[4];
        UserWire.Put16(version, 0, 0);
        UserWire.Put16(version, 2, 1);
        byte[] text = new UserCapabilities { MaxDescriptors = UserWire.MaxDescriptors }.ToText();
        Errno errno = channel.Call(UserCommand.Version, version, text, default, out Message? reply);
        if (errno == Errno.EBUSY)
        {
            throw new VfioException(
                operation, errno, "the device has a client already", "Close the other one, or serve a second device.");
        }

        ThrowUnless(errno, "version");
        ReadOnlySpan<byte> payload = reply!.Payload;
        bool isSound = payload.Length >= 4 && UserWire.Get16(payload, 0) == 0 && UserWire.Get16(payload, 2) <= 1
            && UserCapabilities.TryParse(payload[4..], out _);
        UserCapabilities server = new();
        if (isSound)
            isSound = UserCapabilities.TryParse(payload[4..], out server);
        channel.Return(reply);
        if (!isSound)
            throw Nonsense("a version that was not asked for, or capabilities that are not sound");
        Server = server;
    }

    private void ReadRegion(int index)
    {
        Message reply = Ask(UserCommand.GetRegionInfo, UserWire.RegionInfoBytes, index);
        uint needed = UserWire.Get32(reply.Payload, 0);
        if (needed > UserWire.RegionInfoBytes && reply.Length == UserWire.RegionInfoBytes)
        {
            channel.Return(reply);
            if (needed > MaxRegionInfoBytes)
                throw Nonsense($"{needed} bytes about region {index}");
            reply = Ask(UserCommand.GetRegionInfo, UserWire.RegionInfoBytes, index, needed);
        }

        try
        {
            ReadOnlySpan<byte> payload = reply.Payload;
            uint flags = UserWire.Get32(payload, 4);
            ulong size = UserWire.Get64(payload, 16);
            ulong offset = UserWire.Get64(payload, 24);
            if (UserWire.Get32(payload, 8) != (uint)index)
                throw Nonsense($"another region than {index}");
            var access = (RegionFlags)(flags & UserWire.RegionAccessMask);
            IReadOnlyList<RegionArea> areas = [];
            if ((access & RegionFlags.Map) != 0 && size != 0 && reply.Descriptors.Count == 1)
            {
                areas = (flags & UserWire.RegionHasCapabilities) == 0
                    ? [new RegionArea(0, size)]
                    : ReadAreas(payload, size) ?? [new RegionArea(0, size)];
                areas = KeepMappable(reply, areas, offset);
            }

            if (areas.Count == 0)
                access &= ~RegionFlags.Map;
            else
                RegionMemory[index] = (reply.Descriptors.Take(0), offset);
            Regions[index] = new VfioRegionInfo(index, size, access) { MappableAreas = areas };
        }
        finally
        {
            channel.Return(reply);
        }
    }

    /// <summary>The areas that a region lists, or null when it lists none.</summary>
    private List<RegionArea>? ReadAreas(ReadOnlySpan<byte> payload, ulong size)
    {
        uint at = UserWire.Get32(payload, 12);
        // Each step goes forward, so that a circle of capabilities ends.
        for (uint last = UserWire.RegionInfoBytes - 1; at != 0;)
        {
            if (at <= last || at > (uint)payload.Length || payload.Length - at < 8)
                throw Nonsense("capabilities outside of their message");
            ReadOnlySpan<byte> capability = payload[(int)at..];
            last = at;
            at = UserWire.Get32(capability, 4);
            if (UserWire.Get16(capability, 0) != UserWire.CapabilitySparseMap)
                continue;
            if (capability.Length < UserWire.SparseHeaderBytes)
                throw Nonsense("a short list of areas");
            uint count = UserWire.Get32(capability, 8);
            if (count > (uint)(capability.Length - UserWire.SparseHeaderBytes) / 16)
                throw Nonsense("a short list of areas");
            var areas = new List<RegionArea>();
            ulong end = 0;
            for (int i = 0; i < count; i++)
            {
                var area = new RegionArea(
                    UserWire.Get64(capability, 16 + (i * 16)), UserWire.Get64(capability, 24 + (i * 16)));
                if (area.Length == 0 || area.Offset < end || area.Offset > size || area.Length > size - area.Offset)
                    throw Nonsense("areas outside of their region, or out of order");
                end = area.Offset + area.Length;
                areas.Add(area);
            }

            return areas;
        }

        return null;
    }

    // Only what the server cannot take away again, since a load from a lost page would kill this process.
    private static IReadOnlyList<RegionArea> KeepMappable(
        Message reply, IReadOnlyList<RegionArea> areas, ulong offset)
    {
        try
        {
            using FileDescriptor copy = FileDescriptor.DuplicateOf(reply.Descriptors[0]);
            FileStatus status = FileStatus.Of(copy);
            RegionArea end = areas.Count == 0 ? default : areas[^1];
            return status.Kind == DescriptorKind.RegularFile && SharedMemory.IsSealed(copy.Value)
                && offset % HostBuffer.BasePageSize == 0 && offset <= long.MaxValue
                && SharedMemory.Contains(status.Size, offset, end.Offset + end.Length)
                && areas.All(area => area.Offset % HostBuffer.BasePageSize == 0)
                ? areas
                : [];
        }
        catch (ScatterlistException)
        {
            return [];
        }
    }

    private void ReadInterrupt(int index)
    {
        Message reply = Ask(UserCommand.GetIrqInfo, UserWire.IrqInfoBytes, index);
        uint flags = UserWire.Get32(reply.Payload, 4);
        uint echoed = UserWire.Get32(reply.Payload, 8);
        uint count = UserWire.Get32(reply.Payload, 12);
        channel.Return(reply);
        if (echoed != (uint)index || count > MaxVectors)
            throw Nonsense($"{count} vectors of kind {echoed}");
        Interrupts[index] = new VfioInterruptInfo((InterruptKind)index, (int)count, (InterruptFlags)(flags & 0xf));
    }

    /// <summary>Asks for a structure that starts with its size; the reply has it whole.</summary>
    private Message Ask(UserCommand command, int length, int? index, uint room = 0)
    {
        Span<byte> head = stackalloc byte[32];
        head.Clear();
        UserWire.Put32(head, 0, Math.Max(room, (uint)length));
        if (index is { } number)
            UserWire.Put32(head, 8, (uint)number);
        Errno errno = channel.Call(command, head[..length], default, default, out Message? reply);
        ThrowUnless(errno, command.ToString());
        if (reply!.Length >= length && !reply.HasLostDescriptors)
            return reply;
        channel.Return(reply);
        throw Nonsense($"a short answer to {command}");
    }

    private void ThrowUnless(Errno errno, string what)
    {
        if (errno != Errno.None)
            throw new VfioException(operation, errno, $"the server's answer to {what}");
    }

    private VfioException Nonsense(string what) => new(operation, Errno.EPROTO, $"the server answered {what}");
}
