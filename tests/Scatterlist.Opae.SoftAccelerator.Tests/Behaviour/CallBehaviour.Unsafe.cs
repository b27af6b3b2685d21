using System.Runtime.InteropServices;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>OPAE's own tests of its C functions, by the documented contract: what each mistake is answered with.</summary>
[Collection("process-wide buffer options")]
public abstract unsafe class CallBehaviour : EmulatedBehaviour
{
    private const int Preallocated = (int)BufferFlags.Preallocated;
    private const int Quiet = (int)BufferFlags.Quiet;
    private const int ReadOnly = (int)BufferFlags.ReadOnly;

    protected CallBehaviour()
    {
        OpaeC.BufferOptions = SharedBufferOptions.SmallerPages;
    }

    [Fact]
    public void Prepare_address_and_release()
    {
        Accelerator handle = Open();
        void* address = null;
        ulong wsid = 0, ioaddr = 0;
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaPrepareBuffer(handle, Page, &address, &wsid, 0));
        Assert.True(address != null);
        Assert.NotEqual(0ul, wsid);
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaGetIOAddress(handle, wsid, &ioaddr));
        Assert.NotEqual(0ul, ioaddr);
        new Span<byte>(address, Page).Fill(1);
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaReleaseBuffer(handle, wsid));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaReleaseBuffer(handle, wsid));
        Assert.Equal(FpgaResult.NotFound, OpaeC.FpgaGetIOAddress(handle, wsid, &ioaddr));
    }

    [Theory]
    [InlineData(0, FpgaResult.InvalidParam)]
    [InlineData(1, FpgaResult.Ok)]
    [InlineData(1 << 10, FpgaResult.Ok)]
    [InlineData(4 << 10, FpgaResult.Ok)]
    [InlineData(4095, FpgaResult.Ok)]
    [InlineData(1 << 20, FpgaResult.Ok)]
    [InlineData(2 << 20, FpgaResult.Ok)]
    public void Sizes_of_our_own_memory(int length, FpgaResult expected)
    {
        Accelerator handle = Open();
        void* address = (void*)0x1234; // a hint, at most
        ulong wsid = 0;
        Assert.Equal(expected, OpaeC.FpgaPrepareBuffer(handle, (ulong)length, &address, &wsid, 0));
        if (expected == FpgaResult.Ok)
            Assert.Equal(FpgaResult.Ok, OpaeC.FpgaReleaseBuffer(handle, wsid));
    }

    [Fact]
    public void Mistakes_are_answered_as_the_header_says()
    {
        Accelerator handle = Open();
        using GuardedMemory memory = GuardedMemory.NoAccess(4 * Page);
        void* address = (void*)memory.Address;
        void* none = null;
        ulong wsid = 0, ioaddr;
        FpgaResult Prepare(Accelerator? accelerator, ulong length, void** place, ulong* number, int flags) =>
            OpaeC.FpgaPrepareBuffer(accelerator, length, place, number, flags);

        FpgaResult[] wrong =
        [
            Prepare(null, Page, &address, &wsid, 0),
            Prepare(handle, Page, null, &wsid, 0),
            Prepare(handle, Page, &address, null, 0),
            Prepare(handle, Page, &address, &wsid, 0x100),
            Prepare(handle, 0, &address, &wsid, 0),
            Prepare(handle, 0, &address, &wsid, Quiet),
            Prepare(handle, 0, &address, &wsid, Preallocated),
            Prepare(handle, 11247, &address, &wsid, Preallocated),
            Prepare(handle, 100, &address, &wsid, Preallocated),
            Prepare(handle, Page, &none, &wsid, Preallocated),
            Prepare(handle, Page, null, &wsid, Preallocated),
            Prepare(handle, ulong.MaxValue, &address, &wsid, Preallocated),
            Prepare(handle, ulong.MaxValue & ~0xffful, &address, &wsid, Preallocated | Quiet),
            Prepare(null, 0, null, &wsid, Preallocated),
            Prepare(handle, 0, null, null, Preallocated),
            OpaeC.FpgaGetIOAddress(null, 1, &ioaddr),
            OpaeC.FpgaGetIOAddress(handle, 1, null),
            OpaeC.FpgaReleaseBuffer(null, 1),
            OpaeC.FpgaReleaseBuffer(handle, 0x10001),
            OpaeC.FpgaReleaseBuffer(handle, 1ul << 63),
        ];

        Assert.All(wrong, result => Assert.Equal(FpgaResult.InvalidParam, result));
        Assert.Equal(FpgaResult.NotFound, OpaeC.FpgaGetIOAddress(handle, 0x10000, &ioaddr));
        Assert.Equal(FpgaResult.Ok, Prepare(handle, 0, null, &wsid, Preallocated));
        Assert.Equal(0, handle.BufferCount);
        Assert.Equal(0ul, wsid);
    }

    [Fact]
    public void Lengths_past_the_address_space_are_no_crash()
    {
        Accelerator handle = Open();
        void* address;
        ulong wsid;
        foreach (ulong length in (ulong[])[ulong.MaxValue, ulong.MaxValue & ~0xffful, 1ul << 63, 1ul << 60])
        {
            FpgaResult result = OpaeC.FpgaPrepareBuffer(handle, length, &address, &wsid, Quiet);
            Assert.True(result is FpgaResult.InvalidParam or FpgaResult.NoMemory, result.ToString());
        }
    }

    [Fact]
    public void Preallocated_memory_is_shared_as_it_is()
    {
        Accelerator handle = Open();
        using GuardedMemory memory = GuardedMemory.NoAccess(2 << 20);
        memory.AsSpan().Fill(0x33);
        void* address = (void*)memory.Address;
        ulong wsid;
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaPrepareBuffer(handle, 2 << 20, &address, &wsid, Preallocated | ReadOnly));
        Assert.Equal(memory.Address, (nint)address);
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaReleaseBuffer(handle, wsid));
        Assert.Equal(-1, memory.AsSpan().IndexOfAnyExcept((byte)0x33));
        address = (void*)(memory.Address + 64);
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaPrepareBuffer(handle, Page, &address, &wsid, Preallocated));
        address = (void*)memory.FaultAddress;
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaPrepareBuffer(handle, Page, &address, &wsid, Preallocated));
    }

    [Fact]
    public void Registers_are_reached_and_checked()
    {
        Accelerator handle = Open();
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaMapMmio(handle, 0));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaMapMmio(handle, 1));
        Assert.Equal(FpgaResult.NotSupported, OpaeC.FpgaMapMmio(handle, 0, out MmioWindow? window));
        Assert.Null(window);
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaWriteMmio64(handle, 0, 0x100, 0xabcdef0123456789));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaReadMmio64(handle, 0, 0x100, out ulong wide));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaReadMmio32(handle, 0, 0x104, out uint narrow));
        Assert.Equal((0xabcdef0123456789ul, 0xabcdef01u), (wide, narrow));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaWriteMmio32(handle, 0, 0x100, 1));
        byte* line = stackalloc byte[64];
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaWriteMmio512(handle, 0, 0x100, line));
        FpgaResult[] wrong =
        [
            OpaeC.FpgaReadMmio64(handle, 0, 4, out _),
            OpaeC.FpgaReadMmio32(handle, 0, 1, out _),
            OpaeC.FpgaReadMmio64(handle, 0, 1 << 20, out _),
            OpaeC.FpgaReadMmio64(handle, 31, 0, out _),
            OpaeC.FpgaReadMmio64(handle, uint.MaxValue, 0, out _),
            OpaeC.FpgaReadMmio64(null, 0, 0, out _),
            OpaeC.FpgaWriteMmio512(handle, 0, 0x120, line),
            OpaeC.FpgaWriteMmio512(handle, 0, 0x100, null),
            OpaeC.FpgaUnmapMmio(handle, 7),
        ];
        Assert.All(wrong, result => Assert.Equal(FpgaResult.InvalidParam, result));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaUnmapMmio(handle, 0));
    }

    [Fact]
    public void Enumeration_counts_all_and_fills_what_is_wanted()
    {
        FpgaProvider provider = NewRig().Provider;
        var tokens = new Token?[2];
        FpgaProperties?[] filters = [new() { Guid = AcceleratorIds.HostExerciserLoopback }, null];
        uint count;
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaEnumerate(provider, null, 0, null, 0, &count));
        Assert.Equal(1u, count);
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaEnumerate(provider, filters, 1, tokens, 2, &count));
        Assert.Equal(1u, count);
        Assert.NotNull(tokens[0]);
        FpgaResult[] wrong =
        [
            OpaeC.FpgaEnumerate(provider, filters, 0, tokens, 2, &count),
            OpaeC.FpgaEnumerate(provider, null, 1, tokens, 2, &count),
            OpaeC.FpgaEnumerate(provider, filters, 2, tokens, 2, &count),
            OpaeC.FpgaEnumerate(provider, filters, 3, tokens, 2, &count),
            OpaeC.FpgaEnumerate(provider, filters, 1, null, 2, &count),
            OpaeC.FpgaEnumerate(provider, filters, 1, tokens, 3, &count),
            OpaeC.FpgaEnumerate(provider, filters, 1, tokens, 2, null),
        ];
        Assert.All(wrong, result => Assert.Equal(FpgaResult.InvalidParam, result));
    }

    [Fact]
    public void Opening_and_closing_answer_mistakes()
    {
        EmulatedRig rig = NewRig();
        Token token = Assert.Single(rig.Provider.Enumerate());
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaOpen(null, out Accelerator? handle, 0));
        Assert.Null(handle);
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaOpen(token, out _, 2));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaOpen(token, out handle, 0));
        Assert.Equal(FpgaResult.Busy, OpaeC.FpgaOpen(token, out _, 1));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaReset(handle));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaGetPropertiesFromHandle(handle, out FpgaProperties? properties));
        Assert.Equal(AcceleratorIds.HostExerciserLoopback, properties!.Guid);
        Assert.Equal(FpgaResult.NotSupported, OpaeC.FpgaGetNumUmsg(handle, out _));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaClose(handle));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaClose(handle));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaClose(null));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaReset(handle));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaReset(null));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaReadMmio64(handle, 0, 0, out _));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaReleaseBuffer(handle, 1));
    }

    [Fact]
    public void Event_handles_are_made_registered_and_destroyed()
    {
        Accelerator handle = Open();
        Accelerator other = Open();
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaCreateEventHandle(out FpgaEventHandle? events));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaGetOSObjectFromEventHandle(events, out int descriptor));
        Assert.Equal(-1, descriptor);
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaUnregisterEvent(handle, FpgaEventType.Interrupt, events));
        Assert.Equal(FpgaResult.NotSupported, OpaeC.FpgaRegisterEvent(handle, FpgaEventType.Error, events, 0));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaRegisterEvent(handle, FpgaEventType.Interrupt, events, 99));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaRegisterEvent(handle, (FpgaEventType)7, events, 0));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaRegisterEvent(handle, FpgaEventType.Interrupt, null, 0));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaRegisterEvent(null, FpgaEventType.Interrupt, events, 0));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaRegisterEvent(handle, FpgaEventType.Interrupt, events, 1));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaGetOSObjectFromEventHandle(events, out descriptor));
        Assert.True(descriptor >= 0);
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaUnregisterEvent(other, FpgaEventType.Interrupt, events));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaUnregisterEvent(handle, FpgaEventType.Error, events));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaUnregisterEvent(handle, FpgaEventType.Interrupt, events));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaRegisterEvent(handle, FpgaEventType.Interrupt, events, 1));
        FpgaEventHandle? copy = events;
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaDestroyEventHandle(ref events));
        Assert.Null(events);
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaDestroyEventHandle(ref events));
        Assert.Equal(FpgaResult.InvalidParam, OpaeC.FpgaDestroyEventHandle(ref copy));
        handle.RegisterEvent(FpgaEventType.Interrupt, 1).Dispose(); // the vector is free again
    }

    // hello_fpga, line by line, by the functions that it calls.
    [Fact]
    public void A_program_for_nlb0_runs_as_it_is_written_in_c()
    {
        EmulatedRig rig = NewRig(new EmulatedAcceleratorOptions { Kind = AcceleratorKind.NativeLoopback });
        FpgaProperties?[] filter =
            [new() { ObjectType = FpgaObjectType.Accelerator, Guid = AcceleratorIds.NativeLoopback }];
        var tokens = new Token?[1];
        uint count;
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaEnumerate(rig.Provider, filter, 1, tokens, 1, &count));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaOpen(tokens[0], out Accelerator? handle, 0));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaMapMmio(handle, 0));
        ulong* wsid = stackalloc ulong[3];
        ulong* ioaddr = stackalloc ulong[3];
        void*[] memory = new void*[3];
        fixed (void** place = memory)
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(FpgaResult.Ok, OpaeC.FpgaPrepareBuffer(handle, 2 << 20, place + i, wsid + i, 0));
                Assert.Equal(FpgaResult.Ok, OpaeC.FpgaGetIOAddress(handle, wsid[i], ioaddr + i));
            }
        }

        new Span<byte>(memory[1], 1 << 20).Fill(0xaf);
        new Span<byte>(memory[2], 1 << 20).Fill(0xbe);
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaReset(handle));
        OpaeC.FpgaWriteMmio64(handle, 0, 0x110, ioaddr[0]);
        OpaeC.FpgaWriteMmio32(handle, 0, 0x138, 0);
        OpaeC.FpgaWriteMmio32(handle, 0, 0x138, 1);
        OpaeC.FpgaWriteMmio64(handle, 0, 0x120, ioaddr[1] >> 6);
        OpaeC.FpgaWriteMmio64(handle, 0, 0x128, ioaddr[2] >> 6);
        OpaeC.FpgaWriteMmio32(handle, 0, 0x130, (1 << 20) / 64);
        OpaeC.FpgaWriteMmio32(handle, 0, 0x140, 0x42000);
        OpaeC.FpgaWriteMmio32(handle, 0, 0x138, 3);
        nint status = (nint)memory[0] + 0x40;
        Eventually.True(() => (Marshal.ReadByte(status) & 1) != 0, "the run does not end");
        OpaeC.FpgaWriteMmio32(handle, 0, 0x138, 7);
        Assert.True(new Span<byte>(memory[1], 1 << 20).SequenceEqual(new Span<byte>(memory[2], 1 << 20)));
        for (int i = 2; i >= 0; i--)
            Assert.Equal(FpgaResult.Ok, OpaeC.FpgaReleaseBuffer(handle, wsid[i]));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaUnmapMmio(handle, 0));
        Assert.Equal(FpgaResult.Ok, OpaeC.FpgaClose(handle));
    }
}
