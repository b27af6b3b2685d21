using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.Interop;

/// <summary>
/// What C reaches through inline functions: tables of function pointers before, in and behind <c>struct ibv_context</c>.
/// The places are libibverbs' ABI: the tables grow at the front, and say how long they are.
/// </summary>
internal static unsafe class IbvContext
{
    // In struct ibv_context.
    internal const int PollCq = 96;
    internal const int RequestNotifyCq = 104;
    internal const int PostSrqRecv = 168;
    internal const int PostSend = 208;
    internal const int PostRecv = 216;
    internal const int AsyncFd = 268;

    // In struct verbs_context, from the ibv_context at its end.
    internal const int QueryPort = -320;
    internal const int RegDmMr = -264;
    internal const int AllocDm = -256;
    internal const int FreeDm = -248;
    internal const int QueryDeviceEx = -104;
    internal const int CreateQpEx = -56;
    internal const int TableSize = -8;

    // In the objects.
    internal const int ChannelFd = 8;
    internal const int CqEntries = 28;
    internal const int MrLocalKey = 36;
    internal const int MrRemoteKey = 40;
    internal const int QpNumber = 52;
    internal const int DmCopyTo = 8;
    internal const int DmCopyFrom = 16;

    /// <summary>Bytes of struct ibv_port_attr in libibverbs 44; newer ones go on.</summary>
    internal const int PortAttrSize = 52;

    // struct ibv_device.
    internal const int DeviceNodeType = 16;
    internal const int DeviceTransport = 20;

    private const int MutexSize = 40; // pthread_mutex_t of glibc on x86-64
    private const int MutexSizeArm64 = 48;

    /// <summary>sizeof(struct ibv_context): all that differs between processors is a mutex near its end.</summary>
    internal static int Size { get; } = SizeOn(RuntimeInformation.ProcessArchitecture);

    internal static int SizeOn(Architecture architecture) => 288 + MutexSizeOn(architecture);

    internal static int MutexSizeOn(Architecture architecture) =>
        architecture == Architecture.Arm64 ? MutexSizeArm64 : MutexSize;

    /// <summary>The context of a queue pair, a queue, a domain: their first field.</summary>
    internal static nint Of(nint handle) => *(nint*)handle;

    /// <summary>A function of <c>ibv_context.ops</c>; 0 when the driver has none.</summary>
    internal static nint Operation(nint context, int offset) => *(nint*)(context + offset);

    /// <summary>A function of the <c>verbs_context</c>; 0 when the context has none, is too old for it, or its driver
    /// left it out.</summary>
    internal static nint Extended(nint context, int offset)
    {
        // abi_compat, the last field, is all ones where there is a verbs_context.
        if (*(nint*)(context + Size - sizeof(nint)) != -1)
            return 0;
        nuint size = *(nuint*)(context + TableSize);
        return size >= (nuint)(Size - offset) ? *(nint*)(context + offset) : 0;
    }
}
