using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.Interop;

/// <summary>
/// Where <c>struct ibv_qp_ex</c> has its fields and functions, counted from the end of the <c>struct ibv_qp</c> that it
/// begins with: that one's length alone differs between processors.
/// </summary>
internal static class IbvQpEx
{
    internal const int WorkRequestId = 8;
    internal const int WorkRequestFlags = 16;
    internal const int CompareAndSwap = 24;
    internal const int FetchAndAdd = 32;
    internal const int RdmaRead = 56;
    internal const int RdmaWrite = 64;
    internal const int RdmaWriteImmediate = 72;
    internal const int Send = 80;
    internal const int SendImmediate = 88;
    internal const int SetUdAddress = 112;
    internal const int SetInlineData = 128;
    internal const int SetSge = 144;
    internal const int SetSgeList = 152;
    internal const int Start = 160;
    internal const int Complete = 168;

    // enum ibv_qp_init_attr_mask and enum ibv_qp_create_send_ops_flags.
    internal const uint MaskDomain = 1;
    internal const uint MaskSendOperations = 64;
    internal const ulong WithWrite = 1;
    internal const ulong WithWriteImmediate = 2;
    internal const ulong WithSend = 4;
    internal const ulong WithSendImmediate = 8;
    internal const ulong WithRead = 16;
    internal const ulong WithCompareAndSwap = 32;
    internal const ulong WithFetchAndAdd = 64;

    /// <summary>sizeof(struct ibv_qp) here.</summary>
    internal static int BaseSize { get; } = BaseSizeOn(RuntimeInformation.ProcessArchitecture);

    internal static int BaseSizeOn(Architecture architecture) => 120 + IbvContext.MutexSizeOn(architecture);
}

/// <summary><c>struct ibv_qp_init_attr_ex</c>, without what has no place in the API.</summary>
[StructLayout(LayoutKind.Explicit, Size = 136)]
internal struct IbvQpInitAttrEx
{
    [FieldOffset(0)]
    internal nint QpContext;

    [FieldOffset(8)]
    internal nint SendCq;

    [FieldOffset(16)]
    internal nint RecvCq;

    [FieldOffset(24)]
    internal nint Srq;

    [FieldOffset(32)]
    internal IbvQpCap Cap;

    [FieldOffset(52)]
    internal int QpType;

    [FieldOffset(56)]
    internal int SqSigAll;

    [FieldOffset(60)]
    internal uint CompMask;

    [FieldOffset(64)]
    internal nint Pd;

    [FieldOffset(128)]
    internal ulong SendOpsFlags;
}
