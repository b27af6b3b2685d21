using System.Runtime.InteropServices;
using Scatterlist.Vfio.Interop;

namespace Scatterlist.Vfio;

/// <summary>The chain of capabilities behind a structure that the kernel filled.</summary>
internal static class CapabilityList
{
    private const int HeaderBytes = 8;

    /// <summary>Calls back with each capability's id and place. Ends at the first that is out of bounds.</summary>
    internal static void ForEach(byte[] info, uint offset, Action<ushort, int> action)
    {
        for (int steps = 0; offset != 0 && offset <= (uint)info.Length - HeaderBytes && steps < 64; steps++)
        {
            CapabilityHeader header = MemoryMarshal.Read<CapabilityHeader>(info.AsSpan((int)offset));
            action(header.Id, (int)offset);
            offset = header.Next;
        }
    }
}
