using System.Buffers.Binary;

namespace Scatterlist.Verbs.SoftRoce.Tests.Wire;

/// <summary>Reads pcap files of Ethernet and of raw IP.</summary>
internal static class PcapFile
{
    /// <summary>The captures of Linux rxe that lie beside these tests.</summary>
    internal static string Golden(string name) =>
        Path.Combine(Repository.Root, "tests", "Scatterlist.Verbs.SoftRoce.Tests", "Golden", name);

    /// <summary>The IP packets of a file, each from its IP header on.</summary>
    internal static List<byte[]> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        Assert.Equal(0xa1b2c3d4, BinaryPrimitives.ReadUInt32LittleEndian(file));
        uint link = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(20));
        int skipped = link switch { 1 => 14, 101 => 0, _ => throw new InvalidDataException($"link type {link}") };
        List<byte[]> packets = [];
        for (int at = 24; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 8));
            Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 12)));
            packets.Add(file[(at + 16 + skipped)..(at + 16 + length)]);
            at += 16 + length;
        }

        return packets;
    }
}
