namespace Scatterlist.Opae;

public static unsafe partial class OpaeC
{
    /// <summary>Shares memory: <c>fpgaPrepareBuffer</c>.</summary>
    /// <param name="handle">The accelerator.</param>
    /// <param name="len">
    /// Bytes. Our own memory is rounded up to pages; with <see cref="BufferFlags.Preallocated"/> it must be a multiple of
    /// the page size.
    /// </param>
    /// <param name="bufAddr">
    /// Gets the memory's address; with Preallocated it holds that of the caller's memory. What it holds otherwise is a
    /// hint, which is not used.
    /// </param>
    /// <param name="wsid">Gets the buffer's number.</param>
    /// <param name="flags"><see cref="BufferFlags"/> as a number.</param>
    /// <returns>
    /// Ok; InvalidParam for arguments that make no sense; NoMemory; what else the device refuses. With Preallocated, a
    /// null <paramref name="bufAddr"/> and 0 bytes it is the question whether preallocated memory can be shared at all.
    /// </returns>
    public static FpgaResult FpgaPrepareBuffer(
        Accelerator? handle, ulong len, void** bufAddr, ulong* wsid, int flags)
    {
        bool isPreallocated = (flags & (int)BufferFlags.Preallocated) != 0;
        bool isProbe = isPreallocated && bufAddr == null && len == 0;
        if ((bufAddr == null && !isProbe) || handle is null || handle.IsDisposed || wsid == null || len > nuint.MaxValue)
            return FpgaResult.InvalidParam;
        if (isProbe)
            return handle.SupportsPreallocated ? FpgaResult.Ok : FpgaResult.NotSupported;
        nint place = 0;
        ulong number = 0;
        FpgaResult result;
        if (isPreallocated)
        {
            nint address = (nint)(*bufAddr);
            if (address == 0 || len == 0)
                return FpgaResult.InvalidParam;
            result = Call(handle, 0, (h, _) => Tell(h.PrepareBuffer(new Block(address, (nuint)len), (BufferFlags)flags)));
        }
        else
        {
            result = Call(handle, 0, (h, _) => Tell(h.PrepareBuffer((nuint)len, (BufferFlags)flags, BufferOptions)));
        }

        if (result != FpgaResult.Ok)
            return result;
        *bufAddr = (void*)place;
        *wsid = number;
        return FpgaResult.Ok;

        // Within the call: it throws when somebody closes the accelerator meanwhile.
        void Tell(SharedBuffer buffer)
        {
            place = buffer.Address;
            number = buffer.WorkspaceId.Value;
        }
    }

    /// <summary>Where the accelerator reaches a buffer: <c>fpgaGetIOAddress</c>.</summary>
    /// <returns>NotFound for a number that is not one of a live buffer of this accelerator.</returns>
    public static FpgaResult FpgaGetIOAddress(Accelerator? handle, ulong wsid, ulong* ioaddr)
    {
        if (handle is null || handle.IsDisposed || ioaddr == null)
            return FpgaResult.InvalidParam;
        IoAddress address = default;
        FpgaResult result = Call(handle, wsid, (h, id) => address = h.GetIoAddress(new WorkspaceId(id)));
        if (result == FpgaResult.Ok)
            *ioaddr = address.Value;
        return result;
    }

    /// <summary>Writes 64 bytes in one store: <c>fpgaWriteMMIO512</c>.</summary>
    public static FpgaResult FpgaWriteMmio512(Accelerator? handle, uint mmioNum, ulong offset, void* value)
    {
        if (handle is null || value == null)
            return FpgaResult.InvalidParam;
        nint source = (nint)value;
        return Call(handle, offset, (h, at) =>
            h.Write512(Region(mmioNum), at, new ReadOnlySpan<byte>((void*)source, 64)));
    }

    /// <summary>Lists what is like one of the filters: <c>fpgaEnumerate</c>.</summary>
    /// <param name="provider">Where to look; null for this machine's devices on vfio-pci.</param>
    /// <param name="filters">The alternatives, or null for everything; then <paramref name="numFilters"/> is 0.</param>
    /// <param name="numFilters">How many of them count.</param>
    /// <param name="tokens">Gets up to <paramref name="maxTokens"/> tokens; null when that is 0.</param>
    /// <param name="maxTokens">How many are wanted.</param>
    /// <param name="numMatches">Gets how many there are, wanted or not.</param>
    public static FpgaResult FpgaEnumerate(
        FpgaProvider? provider, FpgaProperties?[]? filters, uint numFilters, Token?[]? tokens, uint maxTokens,
        uint* numMatches)
    {
        bool isSound = numMatches != null && (filters is null) == (numFilters == 0)
            && numFilters <= (uint)(filters?.Length ?? 0)
            && (maxTokens == 0 || (tokens is not null && maxTokens <= (uint)tokens.Length));
        for (int i = 0; isSound && i < numFilters; i++)
            isSound = filters![i] is not null;
        if (!isSound)
            return FpgaResult.InvalidParam;
        *numMatches = 0;
        IReadOnlyList<Token> found = [];
        FpgaProperties[] wanted = [.. (filters ?? []).Take((int)numFilters).OfType<FpgaProperties>()];
        FpgaResult result = Call(
            provider ?? VfioFpgaProvider.FromSystem(), wanted, (p, filter) => found = p.Enumerate(filter));
        if (result != FpgaResult.Ok)
            return result;
        *numMatches = (uint)found.Count;
        for (int i = 0; i < found.Count && i < maxTokens; i++)
            tokens![i] = found[i];
        return FpgaResult.Ok;
    }
}
