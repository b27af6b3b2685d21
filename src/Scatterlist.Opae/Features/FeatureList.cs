namespace Scatterlist.Opae;

/// <summary>
/// Walks the list of features in a region of registers. The device is not trusted: every header lies inside of the
/// region, further on than the one before, and there are at most <see cref="MaxFeatures"/> of them.
/// </summary>
internal static class FeatureList
{
    internal const int MaxFeatures = 1024;

    internal static IReadOnlyList<DeviceFeature> Read(ulong length, Func<ulong, ulong> read64)
    {
        List<DeviceFeature> features = [];
        for (ulong offset = 0; features.Count < MaxFeatures && offset <= length && length - offset >= 8;)
        {
            var header = new FeatureHeader(read64(offset));
            if (header.Value is 0 or ulong.MaxValue) // nothing answers there
                break;
            bool hasGuid = header.Type != FeatureType.Private || header.Version > 0;
            Guid? id = hasGuid && length - offset >= FeatureHeader.Size
                ? AcceleratorIds.FromRegisters(read64(offset + 8), read64(offset + 16))
                : null;
            features.Add(new DeviceFeature(offset, header, id));
            if (header.IsLast || header.NextOffset == 0 || (header.NextOffset & 7) != 0)
                break;
            offset += header.NextOffset;
        }

        return features;
    }
}
