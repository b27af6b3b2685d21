using System.Buffers;
using System.Text.Json;

namespace Scatterlist.Vfio;

/// <summary>What a side of a vfio-user connection can do, as the JSON text of the version message says it.</summary>
internal readonly record struct UserCapabilities
{
    private const int MaxText = 4096;

    public UserCapabilities()
    {
    }

    /// <summary>Descriptors that one message may carry.</summary>
    internal int MaxDescriptors { get; init; } = 1;

    /// <summary>Bytes that one transfer may move.</summary>
    internal int MaxTransferBytes { get; init; } = UserWire.MaxTransferBytes;

    /// <summary>DMA mappings that a client may have.</summary>
    internal uint MaxMappings { get; init; } = 65535;

    /// <summary>A bit for every page size of DMA mappings.</summary>
    internal ulong PageSizes { get; init; } = 4096;

    /// <summary>The text with its NUL.</summary>
    internal byte[] ToText()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("capabilities");
            writer.WriteNumber("max_msg_fds", MaxDescriptors);
            writer.WriteNumber("max_data_xfer_size", MaxTransferBytes);
            writer.WriteNumber("max_dma_maps", MaxMappings);
            writer.WriteNumber("pgsizes", PageSizes);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, 0];
    }

    /// <summary>Reads what follows the version numbers: nothing, or a text that ends with its only NUL.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out UserCapabilities capabilities)
    {
        capabilities = new UserCapabilities();
        if (text.IsEmpty)
            return true;
        if (text.Length > MaxText || text.IndexOf((byte)0) != text.Length - 1)
            return false;
        if (text.Length == 1)
            return true;
        try
        {
            var reader = new Utf8JsonReader(text[..^1], new JsonReaderOptions { MaxDepth = 8 });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            if (reader.Read() || document.RootElement.ValueKind != JsonValueKind.Object)
                return false;
            if (!document.RootElement.TryGetProperty("capabilities", out JsonElement members))
                return true;
            if (members.ValueKind != JsonValueKind.Object
                || !TryGet(members, "max_msg_fds", 1, 0, 1 << 20, out ulong descriptors)
                || !TryGet(members, "max_data_xfer_size", UserWire.MaxTransferBytes, 1, uint.MaxValue, out ulong transfer)
                || !TryGet(members, "max_dma_maps", 65535, 0, uint.MaxValue, out ulong mappings)
                || !TryGet(members, "pgsizes", 4096, 1, ulong.MaxValue, out ulong pages))
            {
                return false;
            }

            capabilities = new UserCapabilities
            {
                MaxDescriptors = (int)Math.Min(descriptors, UserWire.MaxDescriptors),
                MaxTransferBytes = (int)Math.Min(transfer, UserWire.MaxTransferBytes),
                MaxMappings = (uint)mappings,
                PageSizes = pages,
            };
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    // Members that we do not know are ignored; those that we do must be sound.
    private static bool TryGet(
        JsonElement members, string name, ulong absent, ulong least, ulong most, out ulong value)
    {
        value = absent;
        return !members.TryGetProperty(name, out JsonElement member)
            || (member.ValueKind == JsonValueKind.Number && member.TryGetUInt64(out value)
                && value >= least && value <= most);
    }
}
