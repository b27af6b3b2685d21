using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Providers.LibIbverbs;

/// <summary>
/// The functions that libibverbs exports. What older versions lack is null. Tests fill it with functions of their own.
/// </summary>
internal sealed unsafe class IbvLibrary
{
    internal const string FileName = "libibverbs.so.1";

    internal const string InstallRemedy =
        "Install it: 'apt install libibverbs1 ibverbs-providers' (Debian, Ubuntu), 'dnf install libibverbs' (Fedora).";

    private static readonly Lazy<IbvLibrary?> Loaded = new(Load);

    internal delegate* unmanaged<int*, nint*> GetDeviceList { get; set; }

    internal delegate* unmanaged<nint*, void> FreeDeviceList { get; set; }

    internal delegate* unmanaged<nint, byte*> GetDeviceName { get; set; }

    internal delegate* unmanaged<nint, ulong> GetDeviceGuid { get; set; }

    internal delegate* unmanaged<nint, nint> OpenDevice { get; set; }

    internal delegate* unmanaged<nint, int> CloseDevice { get; set; }

    internal delegate* unmanaged<nint, IbvAsyncEvent*, int> GetAsyncEvent { get; set; }

    internal delegate* unmanaged<IbvAsyncEvent*, void> AckAsyncEvent { get; set; }

    internal delegate* unmanaged<nint, IbvDeviceAttr*, int> QueryDevice { get; set; }

    internal delegate* unmanaged<nint, byte, IbvPortAttr*, int> QueryPort { get; set; }

    internal delegate* unmanaged<nint, byte, int, Gid*, int> QueryGid { get; set; }

    internal delegate* unmanaged<nint, IbvGidEntry*, nuint, uint, nuint, nint> QueryGidTable { get; set; }

    internal delegate* unmanaged<nint, byte, int, ushort*, int> QueryPkey { get; set; }

    internal delegate* unmanaged<nint, nint> AllocPd { get; set; }

    internal delegate* unmanaged<nint, int> DeallocPd { get; set; }

    internal delegate* unmanaged<nint, nint, nuint, int, nint> RegMr { get; set; }

    internal delegate* unmanaged<nint, nint, nuint, ulong, uint, nint> RegMrIova2 { get; set; }

    internal delegate* unmanaged<nint, ulong, nuint, ulong, int, int, nint> RegDmaBufMr { get; set; }

    internal delegate* unmanaged<nint, int> DeregMr { get; set; }

    internal delegate* unmanaged<nint, nint> CreateCompChannel { get; set; }

    internal delegate* unmanaged<nint, int> DestroyCompChannel { get; set; }

    internal delegate* unmanaged<nint, int, nint, nint, int, nint> CreateCq { get; set; }

    internal delegate* unmanaged<nint, int, int> ResizeCq { get; set; }

    internal delegate* unmanaged<nint, int> DestroyCq { get; set; }

    internal delegate* unmanaged<nint, nint*, nint*, int> GetCqEvent { get; set; }

    internal delegate* unmanaged<nint, uint, void> AckCqEvents { get; set; }

    internal delegate* unmanaged<nint, IbvSrqInitAttr*, nint> CreateSrq { get; set; }

    internal delegate* unmanaged<nint, IbvSrqAttr*, int, int> ModifySrq { get; set; }

    internal delegate* unmanaged<nint, IbvSrqAttr*, int> QuerySrq { get; set; }

    internal delegate* unmanaged<nint, int> DestroySrq { get; set; }

    internal delegate* unmanaged<nint, IbvQpInitAttr*, nint> CreateQp { get; set; }

    internal delegate* unmanaged<nint, nint> QpToQpEx { get; set; }

    internal delegate* unmanaged<nint, IbvQpAttr*, int, int> ModifyQp { get; set; }

    internal delegate* unmanaged<nint, IbvQpAttr*, int, IbvQpInitAttr*, int> QueryQp { get; set; }

    internal delegate* unmanaged<nint, int> DestroyQp { get; set; }

    internal delegate* unmanaged<nint, IbvAhAttr*, nint> CreateAh { get; set; }

    internal delegate* unmanaged<nint, int> DestroyAh { get; set; }

    /// <summary>The installed library, loaded once and never unloaded; null where there is none.</summary>
    internal static IbvLibrary? Installed => Loaded.Value;

    /// <summary>Clears errno: the statement before a call that may fail, so that an old one is not taken for its own.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void ClearError() => Marshal.SetLastSystemError(0);

    /// <summary>The errno of the call just before: the very next statement. EIO for a failure without one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Errno LastError()
    {
        int errno = Marshal.GetLastSystemError();
        return errno != 0 ? (Errno)errno : Errno.EIO;
    }

    private static IbvLibrary? Load()
    {
        if (!NativeLibrary.TryLoad(FileName, out nint library))
            return null;
        return new IbvLibrary
        {
            GetDeviceList = (delegate* unmanaged<int*, nint*>)Find("ibv_get_device_list"),
            FreeDeviceList = (delegate* unmanaged<nint*, void>)Find("ibv_free_device_list"),
            GetDeviceName = (delegate* unmanaged<nint, byte*>)Find("ibv_get_device_name"),
            GetDeviceGuid = (delegate* unmanaged<nint, ulong>)Find("ibv_get_device_guid"),
            OpenDevice = (delegate* unmanaged<nint, nint>)Find("ibv_open_device"),
            CloseDevice = (delegate* unmanaged<nint, int>)Find("ibv_close_device"),
            GetAsyncEvent = (delegate* unmanaged<nint, IbvAsyncEvent*, int>)Find("ibv_get_async_event"),
            AckAsyncEvent = (delegate* unmanaged<IbvAsyncEvent*, void>)Find("ibv_ack_async_event"),
            QueryDevice = (delegate* unmanaged<nint, IbvDeviceAttr*, int>)Find("ibv_query_device"),
            QueryPort = (delegate* unmanaged<nint, byte, IbvPortAttr*, int>)Find("ibv_query_port"),
            QueryGid = (delegate* unmanaged<nint, byte, int, Gid*, int>)Find("ibv_query_gid"),
            QueryGidTable =
                (delegate* unmanaged<nint, IbvGidEntry*, nuint, uint, nuint, nint>)TryFind("_ibv_query_gid_table"),
            QueryPkey = (delegate* unmanaged<nint, byte, int, ushort*, int>)Find("ibv_query_pkey"),
            AllocPd = (delegate* unmanaged<nint, nint>)Find("ibv_alloc_pd"),
            DeallocPd = (delegate* unmanaged<nint, int>)Find("ibv_dealloc_pd"),
            RegMr = (delegate* unmanaged<nint, nint, nuint, int, nint>)Find("ibv_reg_mr"),
            RegMrIova2 = (delegate* unmanaged<nint, nint, nuint, ulong, uint, nint>)TryFind("ibv_reg_mr_iova2"),
            RegDmaBufMr =
                (delegate* unmanaged<nint, ulong, nuint, ulong, int, int, nint>)TryFind("ibv_reg_dmabuf_mr"),
            DeregMr = (delegate* unmanaged<nint, int>)Find("ibv_dereg_mr"),
            CreateCompChannel = (delegate* unmanaged<nint, nint>)Find("ibv_create_comp_channel"),
            DestroyCompChannel = (delegate* unmanaged<nint, int>)Find("ibv_destroy_comp_channel"),
            CreateCq = (delegate* unmanaged<nint, int, nint, nint, int, nint>)Find("ibv_create_cq"),
            ResizeCq = (delegate* unmanaged<nint, int, int>)Find("ibv_resize_cq"),
            DestroyCq = (delegate* unmanaged<nint, int>)Find("ibv_destroy_cq"),
            GetCqEvent = (delegate* unmanaged<nint, nint*, nint*, int>)Find("ibv_get_cq_event"),
            AckCqEvents = (delegate* unmanaged<nint, uint, void>)Find("ibv_ack_cq_events"),
            CreateSrq = (delegate* unmanaged<nint, IbvSrqInitAttr*, nint>)Find("ibv_create_srq"),
            ModifySrq = (delegate* unmanaged<nint, IbvSrqAttr*, int, int>)Find("ibv_modify_srq"),
            QuerySrq = (delegate* unmanaged<nint, IbvSrqAttr*, int>)Find("ibv_query_srq"),
            DestroySrq = (delegate* unmanaged<nint, int>)Find("ibv_destroy_srq"),
            CreateQp = (delegate* unmanaged<nint, IbvQpInitAttr*, nint>)Find("ibv_create_qp"),
            QpToQpEx = (delegate* unmanaged<nint, nint>)TryFind("ibv_qp_to_qp_ex"),
            ModifyQp = (delegate* unmanaged<nint, IbvQpAttr*, int, int>)Find("ibv_modify_qp"),
            QueryQp = (delegate* unmanaged<nint, IbvQpAttr*, int, IbvQpInitAttr*, int>)Find("ibv_query_qp"),
            DestroyQp = (delegate* unmanaged<nint, int>)Find("ibv_destroy_qp"),
            CreateAh = (delegate* unmanaged<nint, IbvAhAttr*, nint>)Find("ibv_create_ah"),
            DestroyAh = (delegate* unmanaged<nint, int>)Find("ibv_destroy_ah"),
        };

        nint Find(string name) => NativeLibrary.GetExport(library, name);
        nint TryFind(string name) => NativeLibrary.TryGetExport(library, name, out nint found) ? found : 0;
    }
}
