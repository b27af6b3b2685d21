using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Scatterlist;

public sealed unsafe partial class MmioWindow
{
    /// <summary>Reads one byte.</summary>
    /// <inheritdoc cref="Read64"/>
    public byte Read8(nuint offset) => Load<byte>(offset);

    /// <summary>Reads 16 bits, in the machine's byte order.</summary>
    /// <inheritdoc cref="Read64"/>
    public ushort Read16(nuint offset) => Load<ushort>(offset);

    /// <summary>Reads 32 bits, in the machine's byte order.</summary>
    /// <inheritdoc cref="Read64"/>
    public uint Read32(nuint offset) => Load<uint>(offset);

    /// <summary>Reads 64 bits, in the machine's byte order.</summary>
    /// <param name="offset">Bytes from the window's start, a multiple of the width.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of the width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches outside of the window.</exception>
    /// <exception cref="InvalidOperationException">The window was not mapped for this.</exception>
    /// <exception cref="ObjectDisposedException">The window is disposed.</exception>
    public ulong Read64(nuint offset) => Load<ulong>(offset);

    /// <summary>Writes one byte.</summary>
    /// <inheritdoc cref="Write64"/>
    public void Write8(nuint offset, byte value) => Store(offset, value);

    /// <summary>Writes 16 bits, in the machine's byte order.</summary>
    /// <inheritdoc cref="Write64"/>
    public void Write16(nuint offset, ushort value) => Store(offset, value);

    /// <summary>Writes 32 bits, in the machine's byte order.</summary>
    /// <inheritdoc cref="Write64"/>
    public void Write32(nuint offset, uint value) => Store(offset, value);

    /// <summary>Writes 64 bits, in the machine's byte order.</summary>
    /// <param name="offset">Bytes from the window's start, a multiple of the width.</param>
    /// <param name="value">What to write.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of the width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches outside of the window.</exception>
    /// <exception cref="InvalidOperationException">The window was not mapped for this.</exception>
    /// <exception cref="ObjectDisposedException">The window is disposed.</exception>
    public void Write64(nuint offset, ulong value) => Store(offset, value);

    /// <summary>Writes 512 bits in one store.</summary>
    /// <param name="offset">Bytes from the window's start, a multiple of 64.</param>
    /// <param name="value">What to write.</param>
    /// <exception cref="ArgumentException">
    /// The offset is not a multiple of the width, or the window was cut where no multiple of it is.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches outside of the window.</exception>
    /// <exception cref="InvalidOperationException">The window was not mapped for this.</exception>
    /// <exception cref="ObjectDisposedException">The window is disposed.</exception>
    /// <exception cref="PlatformNotSupportedException">This processor has no store of that width (AVX-512).</exception>
    public void Write512(nuint offset, Vector512<byte> value)
    {
        Check(offset, (nuint)sizeof(Vector512<byte>), MmioAccess.Write);
        if (_offset % (nuint)sizeof(Vector512<byte>) != 0)
            throw new ArgumentException($"The window begins at 0x{_offset:x} of its mapping, no multiple of 64 bytes.");
        if (!Avx512F.IsSupported)
            throw new PlatformNotSupportedException("A store of 512 bits needs AVX-512.");
        byte* at = Enter() + offset;
        try
        {
            Avx512F.StoreAligned(at, value);
        }
        finally
        {
            _hold.DangerousRelease();
        }
    }

    /// <summary>
    /// Copies out of the window by aligned 64-bit loads, with loads of one byte at a ragged start and end. For memory of
    /// a device, not for registers whose reads have effects.
    /// </summary>
    /// <param name="offset">Bytes from the window's start.</param>
    /// <param name="destination">Where to.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches outside of the window.</exception>
    /// <exception cref="InvalidOperationException">The window was not mapped for reads.</exception>
    /// <exception cref="ObjectDisposedException">The window is disposed.</exception>
    public void CopyOut(nuint offset, Span<byte> destination)
    {
        CheckRange(offset, (nuint)destination.Length, MmioAccess.Read);
        byte* from = Enter() + offset;
        try
        {
            int done = 0;
            for (; done < destination.Length && ((nuint)(from + done) & 7) != 0; done++)
                destination[done] = Volatile.Read(ref from[done]);
            for (; destination.Length - done >= 8; done += 8)
                Unsafe.WriteUnaligned(ref destination[done], Volatile.Read(ref *(ulong*)(from + done)));
            for (; done < destination.Length; done++)
                destination[done] = Volatile.Read(ref from[done]);
        }
        finally
        {
            _hold.DangerousRelease();
        }
    }

    /// <summary>
    /// Copies into the window by aligned 64-bit stores, with stores of one byte at a ragged start and end. For memory of
    /// a device, not for registers.
    /// </summary>
    /// <param name="offset">Bytes from the window's start.</param>
    /// <param name="source">Where from.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches outside of the window.</exception>
    /// <exception cref="InvalidOperationException">The window was not mapped for writes.</exception>
    /// <exception cref="ObjectDisposedException">The window is disposed.</exception>
    public void CopyIn(nuint offset, ReadOnlySpan<byte> source)
    {
        CheckRange(offset, (nuint)source.Length, MmioAccess.Write);
        byte* to = Enter() + offset;
        try
        {
            int done = 0;
            for (; done < source.Length && ((nuint)(to + done) & 7) != 0; done++)
                Volatile.Write(ref to[done], source[done]);
            for (; source.Length - done >= 8; done += 8)
                Volatile.Write(ref *(ulong*)(to + done), Unsafe.ReadUnaligned<ulong>(in source[done]));
            for (; done < source.Length; done++)
                Volatile.Write(ref to[done], source[done]);
        }
        finally
        {
            _hold.DangerousRelease();
        }
    }

    private byte* Enter()
    {
        bool held = false;
        _hold.DangerousAddRef(ref held);
        return (byte*)_mapping.Address + _offset;
    }

    private T Load<T>(nuint offset)
        where T : unmanaged
    {
        Check(offset, (nuint)sizeof(T), MmioAccess.Read);
        byte* at = Enter() + offset;
        try
        {
            if (typeof(T) == typeof(byte))
                return Unsafe.BitCast<byte, T>(Volatile.Read(ref *at));
            if (typeof(T) == typeof(ushort))
                return Unsafe.BitCast<ushort, T>(Volatile.Read(ref *(ushort*)at));
            if (typeof(T) == typeof(uint))
                return Unsafe.BitCast<uint, T>(Volatile.Read(ref *(uint*)at));
            return Unsafe.BitCast<ulong, T>(Volatile.Read(ref *(ulong*)at));
        }
        finally
        {
            _hold.DangerousRelease();
        }
    }

    private void Store<T>(nuint offset, T value)
        where T : unmanaged
    {
        Check(offset, (nuint)sizeof(T), MmioAccess.Write);
        byte* at = Enter() + offset;
        try
        {
            if (typeof(T) == typeof(byte))
                Volatile.Write(ref *at, Unsafe.BitCast<T, byte>(value));
            else if (typeof(T) == typeof(ushort))
                Volatile.Write(ref *(ushort*)at, Unsafe.BitCast<T, ushort>(value));
            else if (typeof(T) == typeof(uint))
                Volatile.Write(ref *(uint*)at, Unsafe.BitCast<T, uint>(value));
            else
                Volatile.Write(ref *(ulong*)at, Unsafe.BitCast<T, ulong>(value));
        }
        finally
        {
            _hold.DangerousRelease();
        }
    }
}
