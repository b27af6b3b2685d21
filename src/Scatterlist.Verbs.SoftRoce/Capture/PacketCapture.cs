using System.Buffers.Binary;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Capture;

/// <summary>
/// Writes packets as a pcap file that Wireshark decodes, with their IP and UDP headers rebuilt (link type 101, raw IP).
/// It never fails the traffic: an error of the file ends the recording. Thread-safe.
/// </summary>
internal sealed class PacketCapture : IDisposable
{
    private const int RecordHeader = 16;
    private const int MaxHeaders = RecordHeader + HeaderSizes.IPv6 + HeaderSizes.Udp;

    private readonly Lock _lock = new();
    private readonly byte[] _headers = new byte[MaxHeaders];
    private FileStream? _file;

    private PacketCapture(FileStream file) => _file = file;

    /// <summary>Makes a file, readable and writable by its owner alone; an old one is replaced.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made there.</exception>
    internal static PacketCapture Create(string path)
    {
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            BufferSize = 1 << 16,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        Span<byte> header = stackalloc byte[24];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0xa1b2c3d4); // microseconds
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 0x10000);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 101);
        file.Write(header);
        file.Flush();
        return new PacketCapture(file);
    }

    /// <summary>Records a packet.</summary>
    /// <param name="source">The sender.</param>
    /// <param name="destination">The receiver.</param>
    /// <param name="sourcePort">In host order.</param>
    /// <param name="destinationPort">In host order.</param>
    /// <param name="trafficClass">TOS or traffic class.</param>
    /// <param name="hopLimit">TTL or hop limit.</param>
    /// <param name="identification">Of IPv4.</param>
    /// <param name="packet">BTH through ICRC.</param>
    internal void Record(
        in Gid source, in Gid destination, ushort sourcePort, ushort destinationPort, byte trafficClass, byte hopLimit,
        ushort identification, ReadOnlySpan<byte> packet)
    {
        lock (_lock)
        {
            if (_file is null)
                return;
            Span<byte> headers = _headers;
            int length = IpHeaders.Write(
                headers[RecordHeader..], source, destination, sourcePort, destinationPort, packet.Length, trafficClass,
                hopLimit, identification);
            long ticks = DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks;
            BinaryPrimitives.WriteUInt32LittleEndian(headers, (uint)(ticks / TimeSpan.TicksPerSecond));
            BinaryPrimitives.WriteUInt32LittleEndian(
                headers[4..], (uint)(ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond));
            BinaryPrimitives.WriteUInt32LittleEndian(headers[8..], (uint)(length + packet.Length));
            BinaryPrimitives.WriteUInt32LittleEndian(headers[12..], (uint)(length + packet.Length));
            try
            {
                _file.Write(headers[..(RecordHeader + length)]);
                _file.Write(packet);
            }
            catch (IOException)
            {
                Close();
            }
        }
    }

    /// <summary>Brings what was recorded to the file.</summary>
    internal void Flush()
    {
        lock (_lock)
        {
            try
            {
                _file?.Flush();
            }
            catch (IOException)
            {
                Close();
            }
        }
    }

    /// <summary>Ends the recording.</summary>
    public void Dispose()
    {
        lock (_lock)
            Close();
    }

    private void Close()
    {
        FileStream? file = _file;
        _file = null;
        try
        {
            file?.Dispose();
        }
        catch (IOException)
        {
            // The disk is full: what was written so far is there.
        }
    }
}
