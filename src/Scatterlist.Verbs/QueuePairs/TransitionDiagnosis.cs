namespace Scatterlist.Verbs;

/// <summary>Finds out why a device refused a change of attributes, since all that it says is a number.</summary>
internal static class TransitionDiagnosis
{
    internal static VerbsException Explain(
        QueuePair queuePair, QueuePairState from, in QueuePairAttributes attributes, QueuePairAttributeMask mask,
        Errno errno)
    {
        bool moves = (mask & QueuePairAttributeMask.State) != 0;
        QueuePairState to = moves ? attributes.State : from;
        string verb = moves
            ? $"ibv_modify_qp({queuePair}, {from} to {to})"
            : $"ibv_modify_qp({queuePair} in {from}, {mask})";
        string? detail = FindMaskFault(queuePair.Type, from, to, mask, moves)
            ?? FindValueFault(queuePair, attributes, mask)
            ?? FindRouteFault(attributes, mask, errno);
        return new VerbsException(verb, errno, detail ?? $"attributes {mask}");
    }

    private static string? FindMaskFault(
        QueuePairType type, QueuePairState from, QueuePairState to, QueuePairAttributeMask mask, bool moves)
    {
        if (!Enum.IsDefined(from))
            return null; // the state could not be asked
        if (!Enum.IsDefined(to))
            return $"there is no state {(int)to}";
        if (!TransitionRules.TryGet(type, from, to, out QueuePairAttributeMask required, out QueuePairAttributeMask optional))
            return $"a queue pair of this type does not go from {from} to {to}";
        if (!moves)
            required = 0;
        QueuePairAttributeMask missing = required & ~mask;
        if (missing != 0)
            return $"the transition needs {missing}";
        const QueuePairAttributeMask Always = QueuePairAttributeMask.State | QueuePairAttributeMask.CurrentState;
        QueuePairAttributeMask extra = mask & ~(required | optional | Always);
        return extra != 0 ? $"the transition does not allow {extra}" : null;
    }

    private static string? FindValueFault(
        QueuePair queuePair, in QueuePairAttributes attributes, QueuePairAttributeMask mask)
    {
        Context context = queuePair.Domain.Context;
        DeviceAttributes limits = context.Attributes;
        string? fault =
            Check(mask, QueuePairAttributeMask.Port, attributes.Port, 1, limits.PortCount)
            ?? Check(mask, QueuePairAttributeMask.PKeyIndex, attributes.PartitionKeyIndex, 0, limits.MaxPartitionKeys - 1)
            ?? Check(mask, QueuePairAttributeMask.PathMtu, (int)attributes.PathMtu, 1, 5)
            ?? Check(mask, QueuePairAttributeMask.ReceivePsn, attributes.ReceivePsn, 0, QueuePairEndpoint.MaxNumber)
            ?? Check(mask, QueuePairAttributeMask.SendPsn, attributes.SendPsn, 0, QueuePairEndpoint.MaxNumber)
            ?? Check(
                mask, QueuePairAttributeMask.DestinationQueuePairNumber, attributes.DestinationQueuePairNumber, 1,
                QueuePairEndpoint.MaxNumber)
            ?? Check(mask, QueuePairAttributeMask.Timeout, attributes.Timeout, 0, 31)
            ?? Check(mask, QueuePairAttributeMask.RetryCount, attributes.RetryCount, 0, 7)
            ?? Check(mask, QueuePairAttributeMask.RnrRetry, attributes.RnrRetry, 0, 7)
            ?? Check(mask, QueuePairAttributeMask.MinRnrTimer, attributes.MinRnrTimer, 0, 31)
            ?? Check(
                mask, QueuePairAttributeMask.MaxReadAtomic, attributes.MaxReadAtomic, 0, limits.MaxInitiatorReadAtomic)
            ?? Check(
                mask, QueuePairAttributeMask.MaxDestinationReadAtomic, attributes.MaxDestinationReadAtomic, 0,
                limits.MaxReadAtomic);
        return fault ?? FindPortFault(context, attributes, mask);
    }

    private static string? FindPortFault(
        Context context, in QueuePairAttributes attributes, QueuePairAttributeMask mask)
    {
        if (context.IsDisposed)
            return null;
        AddressHandleAttributes vector = attributes.AddressVector;
        bool hasVector = (mask & QueuePairAttributeMask.AddressVector) != 0;
        byte port = hasVector ? vector.Port : attributes.Port;
        if (hasVector && (port < 1 || port > context.Attributes.PortCount))
            return $"AddressVector has port {port}, the device 1 to {context.Attributes.PortCount}";
        if (hasVector && vector.IsGlobal
            && !context.GetGids().Any(gid => gid.Port == port && gid.Index == vector.SourceGidIndex))
        {
            return $"AddressVector has the gid index {vector.SourceGidIndex}, which is empty in the table of port {port}";
        }

        if (hasVector && (mask & QueuePairAttributeMask.PathMtu) != 0)
        {
            PortAttributes attributesOfPort = context.QueryPort(port);
            if (attributesOfPort.LinkLayer == LinkLayer.Ethernet && !vector.IsGlobal)
                return "AddressVector lacks the GID (IsGlobal), without which nothing is sent on Ethernet";
            if (attributes.PathMtu > attributesOfPort.ActiveMtu)
                return $"PathMtu {attributes.PathMtu} is above the port's active {attributesOfPort.ActiveMtu}";
        }

        return null;
    }

    private static string? FindRouteFault(
        in QueuePairAttributes attributes, QueuePairAttributeMask mask, Errno errno) =>
        (mask & QueuePairAttributeMask.AddressVector) != 0
        && errno is Errno.ETIMEDOUT or Errno.ENETUNREACH or Errno.EHOSTUNREACH
            ? $"AddressVector: there is no way to {attributes.AddressVector.Destination.ToAddress()}"
            : null;

    private static string? Check(
        QueuePairAttributeMask mask, QueuePairAttributeMask attribute, long value, long least, long most) =>
        (mask & attribute) != 0 && (value < least || value > most)
            ? $"{attribute} is {value}, and may be {least} to {most}"
            : null;
}
