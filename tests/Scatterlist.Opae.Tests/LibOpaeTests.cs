namespace Scatterlist.Opae.Tests;

/// <summary>
/// The guards before libopae-c, over a library that aborts where the real one would corrupt memory. One test at a time:
/// the library is the process's.
/// </summary>
[Collection("fake libopae-c")]
public sealed class LibOpaeTests
{
    private static (FakeOpae Fake, Accelerator Accelerator) Open(FpgaInterface kind = FpgaInterface.Vfio)
    {
        var fake = new FakeOpae(kind);
        return (fake, Assert.Single(LibOpaeFpgaProvider.Load(fake.Path).Enumerate()).Open());
    }

    private static SharedBuffer Prepare(Accelerator accelerator, int length, BufferFlags flags = BufferFlags.None) =>
        accelerator.PrepareBuffer((nuint)length, flags, SharedBufferOptions.BasePages);

    private static FpgaResult ResultOf(Action action) => Assert.Throws<FpgaException>(action).Result;

    [Fact]
    public void The_real_library_lists_what_there_is()
    {
        LibOpaeFpgaProvider? provider = LibOpaeFpgaProvider.TryLoad();
        if (provider is null)
            Assert.Skip("libopae-c.so.2 is not installed");
        Assert.All(provider.Enumerate(), token => Assert.NotNull(token.Properties.ObjectType));
    }

    [Fact]
    public void A_library_that_is_not_there_is_said_so()
    {
        Assert.Null(LibOpaeFpgaProvider.TryLoad("/nonexistent/libopae-c.so.2"));
        FpgaException failure = Assert.Throws<FpgaException>(() => LibOpaeFpgaProvider.Load("/nonexistent/x.so"));
        Assert.Equal(FpgaResult.NotFound, failure.Result);
        Assert.NotNull(failure.Remedy);
        Assert.Equal(FpgaResult.NotFound, ResultOf(() => LibOpaeFpgaProvider.Load("libc.so.6")));
    }

    [Fact]
    public void Tokens_are_read_whole_and_given_back()
    {
        var fake = new FakeOpae(FpgaInterface.Vfio);
        LibOpaeFpgaProvider provider = LibOpaeFpgaProvider.Load(fake.Path);
        FpgaProperties properties = Assert.Single(provider.Enumerate()).Properties;
        Assert.Equal(
            new FpgaProperties
            {
                ObjectType = FpgaObjectType.Accelerator, Interface = FpgaInterface.Vfio, Segment = 0xfffe, Bus = 3,
                Device = 4, Function = 5, VendorId = 0x8086, DeviceId = 0xbccf, SubsystemVendorId = 0x8086,
                SubsystemDeviceId = 0x1771, ObjectId = 0x123456789abcdef0, State = AcceleratorState.Unassigned,
                MmioCount = 1, InterruptCount = 4, Guid = AcceleratorIds.HostExerciserLoopback,
            },
            properties);
        Assert.Empty(provider.Enumerate(new FpgaProperties { Bus = 9 }));
        Assert.Equal(0, fake.LiveTokens);
    }

    [Fact]
    public void An_accelerator_is_opened_once_and_closed()
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        Token token = accelerator.Token;
        Assert.Equal(FpgaResult.Busy, ResultOf(() => token.Open()));
        Assert.Equal(AcceleratorIds.HostExerciserLoopback, accelerator.Guid);
        Assert.Equal(0, fake.LiveTokens);
        accelerator.Dispose();
        Assert.False(fake.IsOpen);
        accelerator.Dispose();
        token.Open().Dispose();
    }

    [Fact]
    public void Buffers_have_numbers_of_ours_and_never_address_zero()
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        using SharedBuffer first = Prepare(accelerator, 100);
        using SharedBuffer second = Prepare(accelerator, 4096);
        Assert.Equal((nuint)100, first.Length);
        Assert.Equal((nuint)4096, first.MappedLength);
        Assert.NotEqual(0ul, first.IoAddress.Value);
        Assert.NotEqual(first.IoAddress, second.IoAddress);
        WorkspaceId id = first.WorkspaceId;
        accelerator.ReleaseBuffer(id);
        foreach (WorkspaceId bad in (WorkspaceId[])[id, default, new(1), new(ulong.MaxValue)])
        {
            Assert.Equal(FpgaResult.InvalidParam, ResultOf(() => accelerator.ReleaseBuffer(bad)));
            Assert.Equal(FpgaResult.NotFound, ResultOf(() => accelerator.GetIoAddress(bad)));
        }

        Assert.Equal(2, fake.LiveBuffers); // the second, and the page that has address 0
        accelerator.Dispose();
        Assert.Equal(0, fake.LiveBuffers);
    }

    [Fact]
    public void Lengths_are_those_that_the_plugin_shares_exactly()
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        using Accelerator closed = accelerator;
        using SharedBuffer middle = Prepare(accelerator, 8192);
        Assert.Equal((nuint)8192, middle.Length);
        Assert.Equal((nuint)2 << 20, middle.MappedLength);
        using GuardedMemory memory = GuardedMemory.NoAccess(8192);
        int before = fake.Prepared;
        FpgaException refused = Assert.Throws<FpgaException>(() => accelerator.PrepareBuffer(memory.All));
        Assert.Equal(FpgaResult.InvalidParam, refused.Result);
        Assert.Contains("2097152 bytes", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, fake.Prepared);
        using SharedBuffer page = accelerator.PrepareBuffer(memory.First(4096));
        Assert.Equal(memory.Address, page.Address);
    }

    [Fact]
    public void What_the_plugin_does_not_keep_is_refused_before_it_is_asked()
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        using Accelerator closed = accelerator;
        int before = fake.Prepared;
        Assert.Equal(FpgaResult.NotSupported, ResultOf(() => Prepare(accelerator, 4096, BufferFlags.ReadOnly)));
        Assert.False(accelerator.CanReset);
        Assert.Equal(FpgaResult.NotSupported, ResultOf(accelerator.Reset));
        Assert.Equal(0, fake.Resets);
        Assert.Equal(before, fake.Prepared);
        using GuardedMemory memory = GuardedMemory.NoAccess(4096);
        SharedBuffer first = accelerator.PrepareBuffer(memory.All);
        Assert.Equal(FpgaResult.NotSupported, ResultOf(() => accelerator.PrepareBuffer(memory.All)));
        first.Dispose();
        accelerator.PrepareBuffer(memory.All).Dispose();
    }

    [Fact]
    public void The_dfl_plugin_is_given_flags_and_lengths_as_they_are()
    {
        (FakeOpae fake, Accelerator accelerator) = Open(FpgaInterface.Dfl);
        using Accelerator closed = accelerator;
        using SharedBuffer buffer = Prepare(accelerator, 8192, BufferFlags.ReadOnly);
        Assert.Equal((nuint)8192, buffer.MappedLength);
        accelerator.Reset();
        Assert.Equal(1, fake.Resets);
    }

    [Fact]
    public void Refusals_get_the_cause_that_can_be_seen()
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        using Accelerator closed = accelerator;
        using GuardedMemory memory = GuardedMemory.ReadOnly(4096);
        using HostBuffer good = HostBuffer.Allocate(4096);
        fake.Refuse(FpgaResult.Exception);
        FpgaException written = Assert.Throws<FpgaException>(() => accelerator.PrepareBuffer(memory.All));
        Assert.Equal(FpgaResult.InvalidParam, written.Result);
        Assert.Contains("cannot be written", written.Message, StringComparison.Ordinal);
        FpgaException missing = Assert.Throws<FpgaException>(
            () => accelerator.PrepareBuffer(new Block(memory.FaultAddress, 4096)));
        Assert.Equal(FpgaResult.InvalidParam, missing.Result);
        Assert.Equal(FpgaResult.Exception, ResultOf(() => accelerator.PrepareBuffer(good)));
        fake.Refuse(FpgaResult.NoMemory);
        Assert.Equal(FpgaResult.NoMemory, ResultOf(() => accelerator.PrepareBuffer(good)));
        fake.Refuse(FpgaResult.Ok);
        accelerator.PrepareBuffer(good).Dispose(); // what failed left nothing behind
    }

    [Fact]
    public void Registers_are_checked_before_the_library_is_asked()
    {
        (FakeOpae _, Accelerator accelerator) = Open();
        using Accelerator closed = accelerator;
        accelerator.Write64(0, 0x100, 0x1122334455667788);
        Assert.Equal(0x11223344u, accelerator.Read32(0, 0x104));
        accelerator.Write512(0, 0x140, new byte[64]);
        Assert.Throws<ArgumentException>(() => accelerator.Read64(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.Read64(0, accelerator.GetMmioLength(0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.Read64(1, 0));
        Assert.Equal(FpgaResult.NotSupported, ResultOf(() => accelerator.MapMmio(0)));
    }

    [Fact]
    public void Events_come_by_the_librarys_descriptor()
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        using (AcceleratorEvent registered = accelerator.RegisterEvent(FpgaEventType.Interrupt, 2))
        {
            Assert.Equal(0ul, registered.Take());
            fake.Fire();
            fake.Fire();
            Assert.Equal(2ul, registered.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        }

        Assert.Equal(0, fake.LiveEvents);
        accelerator.RegisterEvent();
        accelerator.Dispose();
        Assert.Equal(0, fake.LiveEvents);
    }

    [Fact]
    public void Closing_and_disposing_in_any_order_is_fine()
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        SharedBuffer buffer = Prepare(accelerator, 4096);
        HostBuffer memory = buffer.HostMemory!;
        accelerator.Dispose();
        buffer.Dispose();
        Assert.True(memory.Handle.IsClosed);
        Assert.False(fake.IsOpen);
        Assert.Throws<ObjectDisposedException>(() => Prepare(accelerator, 4096));
        Assert.Throws<ObjectDisposedException>(() => accelerator.Read64(0, 0));
    }

    [Theory]
    [InlineData(1, 4 << 10)]
    [InlineData(4096, 4 << 10)]
    [InlineData(4097, 2 << 20)]
    [InlineData(2 << 20, 2 << 20)]
    [InlineData((2 << 20) + 1, 1 << 30)]
    public void Memory_of_our_own_is_made_as_long_as_the_plugin_shares(int length, int mapped)
    {
        (FakeOpae _, Accelerator accelerator) = Open();
        using Accelerator closed = accelerator;
        using SharedBuffer buffer = Prepare(accelerator, length);
        Assert.Equal((nuint)length, buffer.Length);
        Assert.Equal((nuint)mapped, buffer.MappedLength);
        Assert.Equal((nuint)mapped, buffer.HostMemory!.AllocatedLength);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11247)]
    public void Memory_that_is_no_whole_pages_never_gets_to_the_plugin(int length)
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        using Accelerator closed = accelerator;
        using GuardedMemory memory = GuardedMemory.NoAccess(16 << 10);
        Assert.Throws<ArgumentException>(() => accelerator.PrepareBuffer(memory.First((nuint)length)));
        Assert.Throws<ArgumentException>(() => accelerator.PrepareBuffer(memory.All.Slice(8, 4096)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Prepare(accelerator, 4096, (BufferFlags)0x100));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.PrepareBuffer(0));
        Assert.Equal(0, fake.Prepared);
    }

    [Fact]
    public void A_plugin_without_buffers_is_said_so()
    {
        var fake = new FakeOpae(FpgaInterface.Uio);
        fake.AnswerProbe(FpgaResult.NotSupported);
        fake.Refuse(FpgaResult.NotSupported);
        using Accelerator accelerator = Assert.Single(LibOpaeFpgaProvider.Load(fake.Path).Enumerate()).Open();
        using HostBuffer memory = HostBuffer.Allocate(4096);
        Assert.False(accelerator.SupportsPreallocated);
        Assert.Equal(FpgaResult.NotSupported, ResultOf(() => accelerator.PrepareBuffer(memory)));
        Assert.Equal(FpgaResult.NotSupported, ResultOf(() => Prepare(accelerator, 4096)));
    }

    [Fact]
    public void A_buffer_without_an_address_is_given_back_at_once()
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        using Accelerator closed = accelerator;
        fake.RefuseAddress(FpgaResult.Exception);
        using HostBuffer memory = HostBuffer.Allocate(4096);
        Assert.Equal(FpgaResult.Exception, ResultOf(() => accelerator.PrepareBuffer(memory)));
        Assert.Equal((1, 0), (fake.Prepared, fake.LiveBuffers));
        fake.RefuseAddress(FpgaResult.Ok);
        accelerator.PrepareBuffer(memory).Dispose();
    }

    [Fact]
    public void Memory_that_the_plugin_does_not_let_go_of_is_never_freed_or_used_again()
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        using SharedBuffer zero = Prepare(accelerator, 4096);
        SharedBuffer buffer = Prepare(accelerator, 4096);
        HostBuffer memory = buffer.HostMemory!;
        Block bytes = buffer.Block;
        fake.RefuseRelease(FpgaResult.InvalidParam);
        buffer.Dispose();
        fake.RefuseRelease(FpgaResult.Ok);
        Assert.False(memory.Handle.IsClosed);
        bytes.AsSpan().Fill(1); // still mapped: the device may write there
        Assert.DoesNotContain(
            Enumerable.Range(0, 20).Select(_ => Prepare(accelerator, 4096)), one => one.Address == bytes.Address);
        accelerator.Dispose();
    }

    [Fact]
    public void What_is_no_vector_or_no_interrupt_is_refused_before_the_plugin_is_asked()
    {
        (FakeOpae fake, Accelerator accelerator) = Open();
        using Accelerator closed = accelerator;
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.RegisterEvent(FpgaEventType.Interrupt, 4));
        Assert.Equal(FpgaResult.NotSupported, ResultOf(() => accelerator.RegisterEvent(FpgaEventType.Error)));
        Assert.Equal(FpgaResult.NotSupported, ResultOf(() => accelerator.RegisterEvent(FpgaEventType.PowerThermal)));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.RegisterEvent((FpgaEventType)9));
        Assert.Equal(0, fake.LiveEvents);
    }

    [Fact]
    public void Threads_share_one_device_of_the_library()
    {
        (FakeOpae fake, Accelerator accelerator) = Open(FpgaInterface.Dfl);
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 50; i++)
                accelerator.Write64(0, 0x100, accelerator.Read64(0, 0x100));
        });
        accelerator.Dispose();
        Assert.False(fake.IsOpen);
    }
}
