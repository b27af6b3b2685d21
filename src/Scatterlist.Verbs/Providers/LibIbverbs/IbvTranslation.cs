using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Providers.LibIbverbs;

/// <summary>The API's values as libibverbs' structures, and back.</summary>
internal static class IbvTranslation
{
    internal static IbvQpCap ToNative(in QueuePairCapabilities capabilities) => new()
    {
        MaxSendWr = (uint)capabilities.MaxSendWorkRequests,
        MaxRecvWr = (uint)capabilities.MaxReceiveWorkRequests,
        MaxSendSge = (uint)capabilities.MaxSendElements,
        MaxRecvSge = (uint)capabilities.MaxReceiveElements,
        MaxInlineData = (uint)capabilities.MaxInlineBytes,
    };

    internal static QueuePairCapabilities FromNative(in IbvQpCap native) => new(
        (int)native.MaxSendWr, (int)native.MaxRecvWr, (int)native.MaxSendSge, (int)native.MaxRecvSge,
        (int)native.MaxInlineData);

    internal static IbvAhAttr ToNative(in AddressHandleAttributes attributes) => new()
    {
        DestinationGid = attributes.Destination,
        FlowLabel = attributes.FlowLabel,
        SourceGidIndex = attributes.SourceGidIndex,
        HopLimit = attributes.HopLimit,
        TrafficClass = attributes.TrafficClass,
        DestinationLid = attributes.DestinationLid,
        ServiceLevel = attributes.ServiceLevel,
        SourcePathBits = attributes.SourcePathBits,
        StaticRate = attributes.StaticRate,
        IsGlobal = attributes.IsGlobal ? (byte)1 : (byte)0,
        Port = attributes.Port,
    };

    internal static AddressHandleAttributes FromNative(in IbvAhAttr native) => new()
    {
        Destination = native.DestinationGid,
        FlowLabel = native.FlowLabel,
        SourceGidIndex = native.SourceGidIndex,
        HopLimit = native.HopLimit,
        TrafficClass = native.TrafficClass,
        DestinationLid = native.DestinationLid,
        ServiceLevel = native.ServiceLevel,
        SourcePathBits = native.SourcePathBits,
        StaticRate = native.StaticRate,
        IsGlobal = native.IsGlobal != 0,
        Port = native.Port,
    };

    internal static IbvQpAttr ToNative(in QueuePairAttributes attributes) => new()
    {
        State = (int)attributes.State,
        CurrentState = (int)attributes.CurrentState,
        PathMtu = (int)attributes.PathMtu,
        QueueKey = attributes.QueueKey,
        ReceivePsn = attributes.ReceivePsn,
        SendPsn = attributes.SendPsn,
        DestinationQpNumber = attributes.DestinationQueuePairNumber,
        AccessFlags = (uint)attributes.AccessFlags,
        Cap = ToNative(attributes.Capabilities),
        AhAttr = ToNative(attributes.AddressVector),
        PKeyIndex = attributes.PartitionKeyIndex,
        EnableDrainedEvent = attributes.EnableDrainedEvent ? (byte)1 : (byte)0,
        MaxReadAtomic = attributes.MaxReadAtomic,
        MaxDestinationReadAtomic = attributes.MaxDestinationReadAtomic,
        MinRnrTimer = attributes.MinRnrTimer,
        Port = attributes.Port,
        Timeout = attributes.Timeout,
        RetryCount = attributes.RetryCount,
        RnrRetry = attributes.RnrRetry,
    };

    internal static QueuePairAttributes FromNative(in IbvQpAttr native) => new()
    {
        State = (QueuePairState)native.State,
        CurrentState = (QueuePairState)native.CurrentState,
        PathMtu = (Mtu)native.PathMtu,
        QueueKey = native.QueueKey,
        ReceivePsn = native.ReceivePsn,
        SendPsn = native.SendPsn,
        DestinationQueuePairNumber = native.DestinationQpNumber,
        AccessFlags = (AccessFlags)native.AccessFlags,
        Capabilities = FromNative(native.Cap),
        AddressVector = FromNative(native.AhAttr),
        PartitionKeyIndex = native.PKeyIndex,
        EnableDrainedEvent = native.EnableDrainedEvent != 0,
        IsDraining = native.IsDraining != 0,
        MaxReadAtomic = native.MaxReadAtomic,
        MaxDestinationReadAtomic = native.MaxDestinationReadAtomic,
        MinRnrTimer = native.MinRnrTimer,
        Port = native.Port,
        Timeout = native.Timeout,
        RetryCount = native.RetryCount,
        RnrRetry = native.RnrRetry,
    };
}
