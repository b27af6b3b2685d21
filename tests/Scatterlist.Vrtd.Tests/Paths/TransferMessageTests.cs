using Scatterlist.Vrtd.DataPath;

namespace Scatterlist.Vrtd.Tests;

/// <summary>
/// The version 2 driver's structures, byte for byte as a C compiler lays them out. Its header is in no distribution, so
/// the C text follows the wire specification, section 7.3; no card has run them.
/// </summary>
public sealed class TransferMessageTests
{
    private const string Declarations = """
        #include <linux/ioctl.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <string.h>
        struct create { uint32_t size, flags; uint64_t length; uint32_t granule, hint; };
        struct piece { uint32_t queue, direction; int32_t buffer; uint32_t pad; uint64_t offset, address, length; };
        struct transfer { uint32_t size, count; struct piece pieces[2]; };
        static void dump(const void *p, unsigned n) {
            for (unsigned i = 0; i < n; i++) printf("%02x", ((const unsigned char *)p)[i]);
            puts("");
        }
        """;

    [Fact]
    public void They_are_as_C_has_them()
    {
        CProgram program = CProgram.Compile(Declarations + """
            int main(void) {
                struct create c = { sizeof c, 02000000, 0x123456789000, 0, 0 };
                struct transfer t = { sizeof t, 2, {
                    { 0, 1, 42, 0, 0x1000, 0x60000000000, 0x2000 },
                    { 1, 1, 42, 0, 0x3000, 0x60000002000, 77 } } };
                printf("%x ", (unsigned)_IOWR('v', 0x54, struct create));
                printf("%x\n", (unsigned)_IOWR('v', 0x56, struct transfer));
                dump(&c, sizeof c);
                dump(&t, sizeof t);
                return 0;
            }
            """);
        string[] lines = program.RunChecked().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        byte[] create = new byte[TransferMessage.CreateSize];
        TransferMessage.WriteCreate(create, 0x1234_5678_9000);
        byte[] transfer = new byte[TransferMessage.TransferSize];
        transfer.AsSpan().Fill(0xFF);
        TransferMessage.WriteTransfer(
            transfer,
            [
                new TransferPiece(0, 0x1000, 0x600_0000_0000, 0x2000),
                new TransferPiece(1, 0x3000, 0x600_0000_2000, 77),
            ],
            TransferMessage.DirectionToDevice,
            42);

        Assert.Equal($"{TransferMessage.CreateNumber:x} {TransferMessage.TransferNumber:x}", lines[0]);
        Assert.Equal(lines[1], Convert.ToHexStringLower(create));
        Assert.Equal(lines[2], Convert.ToHexStringLower(transfer));
    }

    [Fact]
    public void A_granule_that_the_driver_did_not_fill_in_reads_as_none()
    {
        byte[] message = new byte[TransferMessage.CreateSize];
        message.AsSpan().Fill(0xFF);
        TransferMessage.WriteCreate(message, 4096);
        Assert.Equal(0u, TransferMessage.ReadGranule(message));

        message[17] = 0x10; // struct { u32 size, flags; u64 length; u32 granule, hint; }: 4096 at 16
        Assert.Equal(4096u, TransferMessage.ReadGranule(message));
    }

    [Fact]
    public void A_single_piece_leaves_the_other_zero()
    {
        byte[] transfer = new byte[TransferMessage.TransferSize];
        transfer.AsSpan().Fill(0xFF);
        TransferMessage.WriteTransfer(transfer, [new TransferPiece(0, 0, 5, 6)], TransferMessage.DirectionToHost, -1);

        Assert.Equal(1, transfer[4]);
        Assert.False(transfer.AsSpan(48).ContainsAnyExcept((byte)0));
    }
}
