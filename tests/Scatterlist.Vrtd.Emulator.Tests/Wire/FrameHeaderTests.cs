using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests.Wire;

public sealed class FrameHeaderTests
{
    [Fact]
    public void It_is_eight_little_endian_bytes()
    {
        var bytes = new byte[FrameHeader.Size + 2];
        FrameHeader.Request(Opcode.SetShellState, 2, 0x01020304).Write(bytes);
        Assert.Equal("0200130004030201" + "0000", Convert.ToHexString(bytes));
        Assert.True(FrameHeader.TryParse(bytes, out FrameHeader header, out ReadOnlySpan<byte> body));
        Assert.Equal((Opcode.SetShellState, 0x01020304u, 2), (header.Opcode, header.Sequence, body.Length));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(4097)]
    public void Other_lengths_are_no_frame(int length) =>
        Assert.False(FrameHeader.TryParse(Frame(length, Math.Max(0, length - FrameHeader.Size)), out _, out _));

    [Theory]
    [InlineData(8, 0, true)]
    [InlineData(4096, 4088, true)]
    [InlineData(9, 0, false)]
    [InlineData(9, 2, false)]
    [InlineData(8, 65535, false)]
    public void The_length_must_be_the_one_it_says(int length, int said, bool isFrame) =>
        Assert.Equal(isFrame, FrameHeader.TryParse(Frame(length, said), out _, out _));

    [Fact]
    public void A_body_that_no_frame_can_say_is_refused() =>
        Assert.Throws<OverflowException>(() => FrameHeader.Request(Opcode.BufferOpen, 65536, 1));

    [Theory]
    [InlineData("short", "short")]
    [InlineData("exactly seven", "exactly")]
    [InlineData("äöüß", "äöü")] // eight bytes: the last character would be cut in two
    [InlineData("", "")]
    public void Texts_are_cut_between_characters_and_always_ended(string text, string kept)
    {
        var field = new byte[8];
        Array.Fill(field, (byte)0xEE);
        FixedText.Write(field, text);
        Assert.Equal(0, field[^1]);
        Assert.Equal(kept, FixedText.Read(field));
        Assert.True(field.AsSpan(field.AsSpan().IndexOf((byte)0)).IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void A_text_without_an_end_is_the_whole_field() =>
        Assert.Equal("12345678", FixedText.Read("12345678"u8));

    private static byte[] Frame(int length, int said)
    {
        var bytes = new byte[Math.Max(length, FrameHeader.Size)];
        FrameHeader.Request(Opcode.GetNumDevices, said, 1).Write(bytes);
        return bytes[..length];
    }
}
