namespace Scatterlist.Opae;

/// <summary>
/// OPAE's C functions in their shape, for code that is ported from C: the same arguments in the same order, the same
/// codes for the same mistakes, and no exception. New code has less to write with <see cref="Accelerator"/>.
/// </summary>
/// <remarks>
/// <para>Handles, tokens, properties and event handles are objects here; null stands for a null pointer. What a C
/// function returns through a pointer that may be null is a pointer here too; a null there is answered with
/// <see cref="FpgaResult.InvalidParam"/>, as the header says.</para>
/// <para>The contract is that of the headers and of OPAE's own xfpga tests: the plugins differ from both in places.
/// Thread-safe.</para>
/// </remarks>
public static partial class OpaeC
{
    private static SharedBufferOptions _bufferOptions = SharedBufferOptions.Default;

    /// <summary>
    /// How <c>fpgaPrepareBuffer</c> makes memory, for the whole process. The default needs huge pages for more than
    /// 4 KiB, as OPAE does; <see cref="SharedBufferOptions.SmallerPages"/> does without where there are none.
    /// </summary>
    public static SharedBufferOptions BufferOptions
    {
        get => Volatile.Read(ref _bufferOptions);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Volatile.Write(ref _bufferOptions, value);
        }
    }

    /// <summary>A code in words: <c>fpgaErrStr</c>.</summary>
    public static string FpgaErrStr(FpgaResult result) => result.Description();

    /// <summary>Opens an accelerator: <c>fpgaOpen</c>.</summary>
    /// <param name="token">What to open.</param>
    /// <param name="handle">The accelerator, which <see cref="FpgaClose"/> closes; null when it fails.</param>
    /// <param name="flags"><see cref="FpgaOpenFlags"/> as a number.</param>
    public static FpgaResult FpgaOpen(Token? token, out Accelerator? handle, int flags)
    {
        Accelerator? opened = null;
        FpgaResult result = token is null
            ? FpgaResult.InvalidParam
            : Call(token, flags, (t, f) => opened = t.Open((FpgaOpenFlags)f));
        handle = opened;
        return result;
    }

    /// <summary>Closes an accelerator with its buffers and events: <c>fpgaClose</c>.</summary>
    /// <returns>InvalidParam for null and for one that is closed already.</returns>
    public static FpgaResult FpgaClose(Accelerator? handle)
    {
        if (handle is null || handle.IsDisposed)
            return FpgaResult.InvalidParam;
        handle.Dispose();
        return FpgaResult.Ok;
    }

    /// <summary>Resets an accelerator: <c>fpgaReset</c>. It says so when it cannot.</summary>
    public static FpgaResult FpgaReset(Accelerator? handle) =>
        handle is null ? FpgaResult.InvalidParam : Call(handle, 0, (h, _) => h.Reset());

    /// <summary>What is known of an open accelerator: <c>fpgaGetPropertiesFromHandle</c>.</summary>
    public static FpgaResult FpgaGetPropertiesFromHandle(Accelerator? handle, out FpgaProperties? properties)
    {
        properties = handle is null || handle.IsDisposed ? null : handle.Properties;
        return properties is null ? FpgaResult.InvalidParam : FpgaResult.Ok;
    }

    /// <summary>Takes a buffer from the accelerator: <c>fpgaReleaseBuffer</c>.</summary>
    /// <returns>InvalidParam for a number that is not one of a live buffer of this accelerator.</returns>
    public static FpgaResult FpgaReleaseBuffer(Accelerator? handle, ulong wsid) => handle is null || handle.IsDisposed
        ? FpgaResult.InvalidParam
        : Call(handle, wsid, (h, id) => h.ReleaseBuffer(new WorkspaceId(id)));

    /// <summary>Reads a register: <c>fpgaReadMMIO32</c>.</summary>
    public static FpgaResult FpgaReadMmio32(Accelerator? handle, uint mmioNum, ulong offset, out uint value)
    {
        uint read = 0;
        FpgaResult result = handle is null
            ? FpgaResult.InvalidParam
            : Call(handle, offset, (h, at) => read = h.Read32(Region(mmioNum), at));
        value = read;
        return result;
    }

    /// <summary>Reads a register: <c>fpgaReadMMIO64</c>.</summary>
    public static FpgaResult FpgaReadMmio64(Accelerator? handle, uint mmioNum, ulong offset, out ulong value)
    {
        ulong read = 0;
        FpgaResult result = handle is null
            ? FpgaResult.InvalidParam
            : Call(handle, offset, (h, at) => read = h.Read64(Region(mmioNum), at));
        value = read;
        return result;
    }

    /// <summary>Writes a register: <c>fpgaWriteMMIO32</c>.</summary>
    public static FpgaResult FpgaWriteMmio32(Accelerator? handle, uint mmioNum, ulong offset, uint value) =>
        handle is null
            ? FpgaResult.InvalidParam
            : Call(handle, value, (h, number) => h.Write32(Region(mmioNum), offset, number));

    /// <summary>Writes a register: <c>fpgaWriteMMIO64</c>.</summary>
    public static FpgaResult FpgaWriteMmio64(Accelerator? handle, uint mmioNum, ulong offset, ulong value) =>
        handle is null
            ? FpgaResult.InvalidParam
            : Call(handle, value, (h, number) => h.Write64(Region(mmioNum), offset, number));

    /// <summary>Maps registers: <c>fpgaMapMMIO</c>, with a window in place of the pointer.</summary>
    /// <param name="handle">The accelerator.</param>
    /// <param name="mmioNum">The region.</param>
    /// <param name="window">The registers, which the caller disposes; null when it fails.</param>
    /// <returns>NotSupported where registers are reached by calls: the reads and writes here work all the same.</returns>
    public static FpgaResult FpgaMapMmio(Accelerator? handle, uint mmioNum, out MmioWindow? window)
    {
        MmioWindow? mapped = null;
        FpgaResult result = handle is null
            ? FpgaResult.InvalidParam
            : Call(handle, mmioNum, (h, number) => mapped = h.MapMmio(Region(number)));
        window = mapped;
        return result;
    }

    /// <summary>Makes registers ready for the reads and writes here: <c>fpgaMapMMIO</c> with a null pointer.</summary>
    public static FpgaResult FpgaMapMmio(Accelerator? handle, uint mmioNum) => CheckRegion(handle, mmioNum);

    /// <summary>The counterpart of <see cref="FpgaMapMmio(Accelerator?, uint)"/>: <c>fpgaUnmapMMIO</c>.</summary>
    public static FpgaResult FpgaUnmapMmio(Accelerator? handle, uint mmioNum) => CheckRegion(handle, mmioNum);

    /// <summary>User messages: <c>fpgaGetNumUmsg</c>, which OPAE's own library always refuses.</summary>
    /// <returns>NotSupported, or InvalidParam without an accelerator.</returns>
    public static FpgaResult FpgaGetNumUmsg(Accelerator? handle, out ulong count)
    {
        count = 0;
        return handle is null ? FpgaResult.InvalidParam : FpgaResult.NotSupported;
    }

    private static FpgaResult CheckRegion(Accelerator? handle, uint number) => handle is null || handle.IsDisposed
        ? FpgaResult.InvalidParam
        : Call(handle, number, (h, region) => h.GetMmioLength(Region(region)));

    private static int Region(uint number) => number <= int.MaxValue ? (int)number : -1;

    /// <summary>Turns what a call throws into OPAE's code.</summary>
    private static FpgaResult Call<TTarget, TArgument>(
        TTarget target, TArgument argument, Action<TTarget, TArgument> action)
    {
        try
        {
            action(target, argument);
            return FpgaResult.Ok;
        }
        catch (FpgaException exception)
        {
            return exception.Result;
        }
        catch (Exception exception) when (exception is ArgumentException or ObjectDisposedException)
        {
            return FpgaResult.InvalidParam;
        }
        catch (OutOfMemoryException)
        {
            return FpgaResult.NoMemory;
        }
        catch (ScatterlistException)
        {
            return FpgaResult.Exception;
        }
    }
}
