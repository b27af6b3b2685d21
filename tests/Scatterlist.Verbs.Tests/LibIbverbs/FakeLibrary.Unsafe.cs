using System.Runtime.InteropServices;
using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.Providers.LibIbverbs;

namespace Scatterlist.Verbs.Tests.LibIbverbs;

/// <summary>
/// A <c>verbs_context</c> in unmanaged memory with C functions of ours in its slots, as a driver of libibverbs makes it.
/// There is one at a time: C functions have no object.
/// </summary>
internal static unsafe class FakeLibrary
{
    private const int Front = 368; // the longest table that is known

    private static byte* _memory;
    private static int _nextHandle;

    internal static nint Context { get; private set; }

    internal static List<string> Calls { get; } = [];

    internal static byte[] DeviceBytes { get; } = new byte[256];

    internal static Queue<WorkCompletion> Completions { get; } = new();

    internal static Queue<nint> CqEvents { get; } = new();

    internal static List<(ulong Id, int Opcode, ulong Address)> Sent { get; } = [];

    internal static int RefuseSendAt { get; set; } = -1;

    internal static int EventFd { get; set; } = -1;

    /// <summary>Is called in the middle of calls that make objects; it must not throw.</summary>
    internal static Action? During { get; set; }

    internal static int DeviceExResult { get; set; }

    internal static IbvQpAttr LastModify { get; private set; }

    /// <summary>Makes a new context; <paramref name="tableSize"/> is what its driver says that it has.</summary>
    /// <param name="tableSize">Bytes of its table; 0: all.</param>
    /// <param name="hasTable">Whether it has a table at all.</param>
    /// <param name="hasMemory">Whether its driver has device memory.</param>
    /// <param name="isOld">Whether the library lacks what came after its version 1.1.</param>
    internal static LibIbverbsContext Open(int tableSize = 0, bool hasTable = true, bool hasMemory = true, bool isOld = false)
    {
        Calls.Clear();
        Completions.Clear();
        CqEvents.Clear();
        Sent.Clear();
        RefuseSendAt = -1;
        During = null;
        DeviceExResult = 0;
        _memory = (byte*)NativeMemory.AllocZeroed((nuint)(Front + IbvContext.Size));
        Context = (nint)(_memory + Front);
        Slot(IbvContext.PollCq) = (nint)(delegate* unmanaged<nint, int, WorkCompletion*, int>)&PollCq;
        Slot(IbvContext.RequestNotifyCq) = (nint)(delegate* unmanaged<nint, int, int>)&RequestNotify;
        Slot(IbvContext.PostSend) = (nint)(delegate* unmanaged<nint, SendEntry*, SendEntry**, int>)&PostSend;
        Slot(IbvContext.PostRecv) = (nint)(delegate* unmanaged<nint, ReceiveEntry*, ReceiveEntry**, int>)&PostReceive;
        *(int*)(Context + IbvContext.AsyncFd) = -1;
        Slot(IbvContext.Size - sizeof(nint)) = hasTable ? -1 : 0;
        Slot(IbvContext.TableSize) = tableSize != 0 ? tableSize : Front + IbvContext.Size;
        Slot(IbvContext.QueryDeviceEx) =
            (nint)(delegate* unmanaged<nint, void*, IbvDeviceAttrEx*, nuint, int>)&QueryDeviceEx;
        Slot(IbvContext.QueryPort) = (nint)(delegate* unmanaged<nint, byte, IbvPortAttr*, nuint, int>)&QueryPortEx;
        if (hasMemory)
        {
            Slot(IbvContext.AllocDm) = (nint)(delegate* unmanaged<nint, IbvAllocDmAttr*, nint>)&AllocDm;
            Slot(IbvContext.FreeDm) = (nint)(delegate* unmanaged<nint, int>)&FreeDm;
            Slot(IbvContext.RegDmMr) = (nint)(delegate* unmanaged<nint, nint, ulong, nuint, uint, nint>)&RegDmMr;
        }

        return new LibIbverbsContext(
            new IbvLibrary
            {
                CloseDevice = &CloseDevice,
                QueryDevice = &QueryDevice,
                QueryPort = &QueryPort,
                QueryGid = &QueryGid,
                QueryGidTable = isOld ? null : &QueryGidTable,
                AllocPd = &AllocPd,
                DeallocPd = &DeallocPd,
                RegMr = &RegMr,
                RegMrIova2 = isOld ? null : &RegMrIova2,
                RegDmaBufMr = isOld ? null : &RegDmaBufMr,
                CreateSrq = &CreateSrq,
                QuerySrq = &QuerySrq,
                DestroySrq = &DestroySrq,
                DeregMr = &DeregMr,
                CreateCompChannel = &CreateCompChannel,
                DestroyCompChannel = &DestroyCompChannel,
                CreateCq = &CreateCq,
                DestroyCq = &DestroyCq,
                GetCqEvent = &GetCqEvent,
                AckCqEvents = &AckCqEvents,
                CreateQp = &CreateQp,
                ModifyQp = &ModifyQp,
                QueryQp = &QueryQp,
                DestroyQp = &DestroyQp,
                CreateAh = &CreateAh,
                DestroyAh = &DestroyAh,
            },
            Context, "fake0");
    }

    /// <summary>Takes the functions of the data path away, from what is made afterwards.</summary>
    internal static void EmptyOperations()
    {
        int[] all =
        [
            IbvContext.PollCq, IbvContext.RequestNotifyCq, IbvContext.PostSend, IbvContext.PostRecv, IbvContext.PostSrqRecv,
        ];
        foreach (int offset in all)
            Slot(offset) = 0;
    }

    /// <summary>Takes the copies of a piece of device memory away.</summary>
    internal static void EmptyCopies(DeviceMemory memory)
    {
        nint native = ((IbvDeviceMemory)memory.Provider).Native;
        *(nint*)(native + IbvContext.DmCopyTo) = *(nint*)(native + IbvContext.DmCopyFrom) = 0;
    }

    private static ref nint Slot(int offset) => ref *(nint*)(Context + offset);

    private static nint NewObject()
    {
        During?.Invoke();
        byte* made = (byte*)NativeMemory.AllocZeroed(256);
        *(nint*)made = Context;
        return (nint)made;
    }

    private static int Free(nint made, string what)
    {
        Calls.Add(what);
        NativeMemory.Free((void*)made);
        return 0;
    }

    private static void Fill(IbvDeviceAttr* attributes)
    {
        "1.2.3"u8.CopyTo(new Span<byte>(attributes->FirmwareVersion, 64));
        attributes->NodeGuid = BitConverter.ToUInt64([1, 2, 3, 4, 5, 6, 7, 8]);
        attributes->MaxMrSize = 1ul << 40;
        attributes->MaxQpWr = 1000;
        attributes->MaxSge = 8;
        attributes->MaxCqe = 1000;
        attributes->MaxQpRdAtom = 16;
        attributes->MaxQpInitRdAtom = 16;
        attributes->MaxPkeys = 1;
        attributes->MaxSrqWr = 100;
        attributes->MaxSrqSge = 4;
        attributes->PhysPortCnt = 1;
    }

    private static void Fill(IbvPortAttr* attributes, int mtu)
    {
        attributes->State = 4;
        attributes->MaxMtu = 5;
        attributes->ActiveMtu = mtu;
        attributes->GidTblLen = 8;
        attributes->LinkLayer = 2;
    }

    [UnmanagedCallersOnly]
    private static int CloseDevice(nint context)
    {
        Calls.Add("close");
        NativeMemory.Free(_memory);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int QueryDevice(nint context, IbvDeviceAttr* attributes)
    {
        Calls.Add("query_device");
        Fill(attributes);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int QueryDeviceEx(nint context, void* input, IbvDeviceAttrEx* attributes, nuint size)
    {
        Calls.Add($"query_device_ex {size}");
        Fill(&attributes->Original);
        attributes->MaxDmSize = 128;
        return DeviceExResult;
    }

    [UnmanagedCallersOnly]
    private static int QueryPort(nint context, byte port, IbvPortAttr* attributes)
    {
        Fill(attributes, mtu: 2);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int QueryPortEx(nint context, byte port, IbvPortAttr* attributes, nuint size)
    {
        Calls.Add($"query_port {port} {size}");
        Fill(attributes, mtu: 3);
        return port == 1 ? 0 : (int)Errno.EINVAL;
    }

    [UnmanagedCallersOnly]
    private static nint QueryGidTable(nint context, IbvGidEntry* entries, nuint room, uint flags, nuint size)
    {
        entries[0] = new IbvGidEntry { Gid = Gid.Parse("10.0.0.1"), GidIndex = 3, PortNumber = 1, GidType = 2 };
        return size == 32 ? 1 : -(int)Errno.EINVAL;
    }

    [UnmanagedCallersOnly]
    private static nint AllocPd(nint context) => NewObject();

    [UnmanagedCallersOnly]
    private static nint CreateAh(nint domain, IbvAhAttr* attributes) => NewObject();

    [UnmanagedCallersOnly]
    private static int DestroyAh(nint path) => Free(path, "destroy_ah");

    [UnmanagedCallersOnly]
    private static int DeallocPd(nint domain) => Free(domain, "dealloc_pd");

    private static nint NewRegion()
    {
        nint region = NewObject();
        *(int*)(region + IbvContext.MrLocalKey) = 0x100 + ++_nextHandle;
        *(int*)(region + IbvContext.MrRemoteKey) = 0x200 + _nextHandle;
        return region;
    }

    [UnmanagedCallersOnly]
    private static nint RegMr(nint domain, nint address, nuint length, int access)
    {
        Calls.Add($"reg_mr {length} access {access}");
        return NewRegion();
    }

    [UnmanagedCallersOnly]
    private static nint RegDmaBufMr(nint domain, ulong offset, nuint length, ulong iova, int descriptor, int access)
    {
        Calls.Add($"reg_dmabuf_mr {offset} {length} {iova} {descriptor} {access}");
        return NewRegion();
    }

    [UnmanagedCallersOnly]
    private static nint CreateSrq(nint domain, IbvSrqInitAttr* init) => NewObject();

    [UnmanagedCallersOnly]
    private static int QuerySrq(nint queue, IbvSrqAttr* attributes)
    {
        *attributes = new IbvSrqAttr { MaxWr = 4, MaxSge = 1 };
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int DestroySrq(nint queue) => Free(queue, "destroy_srq");

    [UnmanagedCallersOnly]
    private static int QueryGid(nint context, byte port, int index, Gid* gid)
    {
        *gid = index == 5 ? Gid.Parse("10.0.0.5") : default;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static nint RegMrIova2(nint domain, nint address, nuint length, ulong iova, uint access)
    {
        Calls.Add($"reg_mr {length} iova {(iova == (ulong)address ? "own" : iova)} access {access}");
        if (length == 17)
            return 0; // and no errno
        if (length != 13)
            return NewRegion();
        Marshal.SetLastSystemError((int)Errno.ENOMEM);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int DeregMr(nint region) => Free(region, "dereg_mr");

    [UnmanagedCallersOnly]
    private static nint CreateCompChannel(nint context)
    {
        nint channel = NewObject();
        *(int*)(channel + IbvContext.ChannelFd) = EventFd;
        return channel;
    }

    [UnmanagedCallersOnly]
    private static int DestroyCompChannel(nint channel) => Free(channel, "destroy_comp_channel");

    [UnmanagedCallersOnly]
    private static nint CreateCq(nint context, int entries, nint cqContext, nint channel, int vector)
    {
        nint queue = NewObject();
        *(int*)(queue + IbvContext.CqEntries) = entries + 1;
        return queue;
    }

    [UnmanagedCallersOnly]
    private static int DestroyCq(nint queue) => Free(queue, "destroy_cq");

    [UnmanagedCallersOnly]
    private static int GetCqEvent(nint channel, nint* queue, nint* context)
    {
        if (CqEvents.TryDequeue(out nint found))
        {
            *queue = found;
            return 0;
        }

        Marshal.SetLastSystemError((int)Errno.EAGAIN);
        return -1;
    }

    [UnmanagedCallersOnly]
    private static void AckCqEvents(nint queue, uint count) => Calls.Add($"ack {count}");

    [UnmanagedCallersOnly]
    private static nint CreateQp(nint domain, IbvQpInitAttr* init)
    {
        init->Cap.MaxSendWr = 64; // drivers round up
        nint queuePair = NewObject();
        *(int*)(queuePair + IbvContext.QpNumber) = 0x1234;
        return queuePair;
    }

    [UnmanagedCallersOnly]
    private static int ModifyQp(nint queuePair, IbvQpAttr* attributes, int mask)
    {
        LastModify = *attributes;
        Calls.Add($"modify_qp {attributes->State} 0x{mask:x}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int QueryQp(nint queuePair, IbvQpAttr* attributes, int mask, IbvQpInitAttr* init)
    {
        *attributes = LastModify;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int DestroyQp(nint queuePair) => Free(queuePair, "destroy_qp");

    [UnmanagedCallersOnly]
    private static int PollCq(nint queue, int room, WorkCompletion* completions)
    {
        int count = 0;
        while (count < room && Completions.TryDequeue(out completions[count]))
            count++;
        return count;
    }

    [UnmanagedCallersOnly]
    private static int RequestNotify(nint queue, int solicitedOnly)
    {
        Calls.Add($"req_notify {solicitedOnly}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int PostSend(nint queuePair, SendEntry* entry, SendEntry** refused)
    {
        for (; entry is not null; entry = entry->Next)
        {
            if (Sent.Count == RefuseSendAt)
            {
                *refused = entry;
                return (int)Errno.ENOMEM;
            }

            Sent.Add((entry->Id, entry->Opcode, entry->ListLength == 0 ? 0 : entry->List->Address));
        }

        return 0;
    }

    [UnmanagedCallersOnly]
    private static int PostReceive(nint queuePair, ReceiveEntry* entry, ReceiveEntry** refused) => 0;

    [UnmanagedCallersOnly]
    private static nint AllocDm(nint context, IbvAllocDmAttr* attributes)
    {
        Calls.Add($"alloc_dm {attributes->Length} {attributes->LogAlignRequest} {attributes->CompMask}");
        if (attributes->Length > 128)
        {
            Marshal.SetLastSystemError((int)Errno.ENOMEM);
            return 0;
        }

        nint memory = NewObject();
        *(nint*)(memory + IbvContext.DmCopyTo) = (nint)(delegate* unmanaged<nint, ulong, void*, nuint, int>)&CopyTo;
        *(nint*)(memory + IbvContext.DmCopyFrom) =
            (nint)(delegate* unmanaged<void*, nint, ulong, nuint, int>)&CopyFrom;
        return memory;
    }

    [UnmanagedCallersOnly]
    private static int FreeDm(nint memory) => Free(memory, "free_dm");

    [UnmanagedCallersOnly]
    private static nint RegDmMr(nint domain, nint memory, ulong offset, nuint length, uint access)
    {
        Calls.Add($"reg_dm_mr {offset} {length} {access}");
        return NewRegion();
    }

    [UnmanagedCallersOnly]
    private static int CopyTo(nint memory, ulong offset, void* host, nuint length)
    {
        if (length % 4 != 0)
            return (int)Errno.EINVAL;
        new Span<byte>(host, (int)length).CopyTo(DeviceBytes.AsSpan((int)offset));
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int CopyFrom(void* host, nint memory, ulong offset, nuint length)
    {
        DeviceBytes.AsSpan((int)offset, (int)length).CopyTo(new Span<byte>(host, (int)length));
        return 0;
    }
}
