using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>Copies into memory that a program may be watching.</summary>
internal static unsafe class OrderedCopy
{
    /// <summary>
    /// Copies so that whoever sees the last byte sees all. Two, four and eight bytes that are aligned arrive at once.
    /// The pieces do not overlap, or may as <see cref="Buffer.MemoryCopy(void*, void*, long, long)"/> allows.
    /// </summary>
    internal static void Copy(byte* destination, byte* source, uint length)
    {
        switch (length)
        {
            case 0:
                return;
            case 8 when ((nuint)destination & 7) == 0:
                Volatile.Write(ref *(ulong*)destination, Unsafe.ReadUnaligned<ulong>(source));
                return;
            case 4 when ((nuint)destination & 3) == 0:
                Volatile.Write(ref *(uint*)destination, Unsafe.ReadUnaligned<uint>(source));
                return;
            case 2 when ((nuint)destination & 1) == 0:
                Volatile.Write(ref *(ushort*)destination, Unsafe.ReadUnaligned<ushort>(source));
                return;
            default:
                byte last = source[length - 1];
                Buffer.MemoryCopy(source, destination, length - 1, length - 1);
                Volatile.Write(ref destination[length - 1], last);
                return;
        }
    }
}
