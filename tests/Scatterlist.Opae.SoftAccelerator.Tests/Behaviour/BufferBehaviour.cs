namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>What buffer.h promises, and what OPAE's own tests of it look at.</summary>
public abstract class BufferBehaviour : AcceleratorBehaviour
{
    [Fact]
    public void A_page_is_prepared_and_released()
    {
        Accelerator accelerator = Open();
        SharedBuffer buffer = Prepare(accelerator, Page);
        Assert.NotEqual(0ul, buffer.WorkspaceId.Value);
        Assert.NotEqual(0ul, buffer.IoAddress.Value);
        Assert.NotEqual(0, buffer.Address);
        Assert.Equal((nuint)Page, buffer.Length);
        Assert.Equal(1, accelerator.BufferCount);
        Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0));
        accelerator.ReleaseBuffer(buffer.WorkspaceId);
        Assert.True(buffer.IsDisposed);
        Assert.Equal(0, accelerator.BufferCount);
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan());
    }

    [Theory]
    [InlineData(1, 4096)]
    [InlineData(1024, 4096)]
    [InlineData(4095, 4096)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 8192)]
    [InlineData(11247, 12288)]
    [InlineData(1 << 20, 1 << 20)]
    public void Lengths_of_our_own_memory_are_rounded_up_to_pages(int length, int mapped)
    {
        SharedBuffer buffer = Prepare(Open(), length);
        Assert.Equal((nuint)length, buffer.Length);
        Assert.Equal((nuint)mapped, buffer.MappedLength);
        Assert.Equal(length, buffer.AsSpan().Length);
    }

    [Fact]
    public void No_bytes_are_refused()
    {
        Accelerator accelerator = Open();
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.PrepareBuffer(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.PrepareBuffer(0, BufferFlags.Quiet));
        Assert.Throws<ArgumentException>(() => accelerator.PrepareBuffer(default(Block)));
        Assert.Equal(0, accelerator.BufferCount);
    }

    [Theory]
    [InlineData(0x100)]
    [InlineData(8)]
    [InlineData(int.MinValue)]
    public void Unknown_flags_are_refused(int flags)
    {
        Accelerator accelerator = Open();
        using GuardedMemory memory = GuardedMemory.NoAccess(Page);
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.PrepareBuffer(Page, (BufferFlags)flags));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.PrepareBuffer(memory.All, (BufferFlags)flags));
    }

    [Fact]
    public void Preallocated_names_its_memory() =>
        Assert.Throws<ArgumentException>(() => Open().PrepareBuffer(Page, BufferFlags.Preallocated));

    [Fact]
    public void Preallocated_memory_can_be_probed_for() => Assert.True(Open().SupportsPreallocated);

    [Fact]
    public void Every_word_of_a_big_buffer_keeps_what_is_written()
    {
        SharedBuffer buffer = Prepare(Open(), 2 << 20);
        Span<ulong> words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(buffer.AsSpan());
        var expected = new ulong[words.Length];
        for (int i = 0; i < words.Length; i++)
            expected[i] = words[i] = (ulong)i * 0x9e3779b97f4a7c15;
        Assert.True(words.SequenceEqual(expected));
    }

    [Fact]
    public void Addresses_are_pages_apart_and_never_zero()
    {
        Accelerator accelerator = Open();
        SharedBuffer[] buffers = [.. Enumerable.Range(0, 100).Select(i => Prepare(accelerator, 1 + (i * 1000)))];
        SharedBuffer[] sorted = [.. buffers.OrderBy(buffer => buffer.IoAddress.Value)];
        Assert.All(sorted, buffer => Assert.True(buffer.IoAddress.Value != 0 && buffer.IoAddress.Value % Page == 0));
        for (int i = 1; i < sorted.Length; i++)
            Assert.True(sorted[i - 1].IoAddress.Value + sorted[i - 1].MappedLength <= sorted[i].IoAddress.Value);
    }

    [Fact]
    public void Huge_pages_that_are_not_there_are_no_memory_and_smaller_ones_are_taken_when_allowed()
    {
        const string Pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
        if (!File.Exists(Pool) || File.ReadAllText(Pool).Trim() != "0")
            Assert.Skip("this machine has free huge pages of 2 MiB");
        Accelerator accelerator = Open();
        FpgaException failure = Assert.Throws<FpgaException>(() => accelerator.PrepareBuffer(4097));
        Assert.Equal(FpgaResult.NoMemory, failure.Result);
        Assert.Equal(Errno.ENOMEM, failure.Errno);
        Assert.Contains("nr_hugepages", failure.Remedy, StringComparison.Ordinal);
        using SharedBuffer buffer = accelerator.PrepareBuffer(4097, options: SharedBufferOptions.SmallerPages);
        Assert.Equal((nuint)8192, buffer.MappedLength);
    }

    [Fact]
    public void A_huge_page_holds_what_is_more_than_a_page()
    {
        const string Pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
        if (!File.Exists(Pool) || File.ReadAllText(Pool).Trim() == "0")
            Assert.Skip("no free huge page of 2 MiB on this machine");
        using SharedBuffer buffer = Open().PrepareBuffer(4097);
        Assert.Equal((nuint)2 << 20, buffer.MappedLength);
        Assert.Equal(0ul, buffer.IoAddress.Value % (2 << 20));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(4095)]
    [InlineData(11247)]
    public void Preallocated_lengths_are_whole_pages(int length)
    {
        using GuardedMemory memory = GuardedMemory.NoAccess((nuint)length);
        Accelerator accelerator = Open();
        Assert.Throws<ArgumentException>(() => accelerator.PrepareBuffer(memory.First((nuint)length)));
    }

    [Fact]
    public void Preallocated_addresses_are_aligned_to_pages()
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(3 * Page);
        Accelerator accelerator = Open();
        Assert.Throws<ArgumentException>(() => accelerator.PrepareBuffer(memory.All.Slice(64, 2 * Page)));
    }

    [Fact]
    public void Memory_that_is_not_there_is_refused_with_its_reason()
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(2 * Page);
        Accelerator accelerator = Open();
        FpgaException none = Assert.Throws<FpgaException>(
            () => accelerator.PrepareBuffer(new Block(memory.FaultAddress, Page)));
        Assert.Equal(FpgaResult.InvalidParam, none.Result);
        Assert.Equal(Errno.EFAULT, none.Errno);
        Assert.NotNull(none.Remedy);
        Assert.Equal(
            FpgaResult.InvalidParam, ResultOf(() => accelerator.PrepareBuffer(memory.AcrossEnd(Page, Page))));
        Assert.Equal(0, accelerator.BufferCount);
    }

    [Fact]
    public void Memory_that_cannot_be_written_is_shared_read_only_or_not_at_all()
    {
        using GuardedMemory memory = GuardedMemory.ReadOnly(Page);
        Accelerator accelerator = Open();
        FpgaException failure = Assert.Throws<FpgaException>(() => accelerator.PrepareBuffer(memory.All));
        Assert.Equal(FpgaResult.InvalidParam, failure.Result);
        Assert.Contains("ReadOnly", failure.Remedy, StringComparison.Ordinal);
        using SharedBuffer buffer = accelerator.PrepareBuffer(memory.All, BufferFlags.ReadOnly);
        Assert.True(buffer.IsReadOnly);
        Assert.NotEqual(0ul, buffer.IoAddress.Value);
    }

    [Fact]
    public void Preallocated_memory_stays_the_callers()
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(2 * Page);
        memory.AsSpan().Fill(0x5a);
        Accelerator accelerator = Open();
        SharedBuffer buffer = accelerator.PrepareBuffer(memory.All);
        Assert.Equal(memory.Address, buffer.Address);
        Assert.Equal((nuint)(2 * Page), buffer.MappedLength);
        buffer.Dispose();
        Assert.Equal(-1, memory.AsSpan().IndexOfAnyExcept((byte)0x5a));
        memory.AsSpan()[0] = 1;
    }

    [Fact]
    public void A_host_buffer_is_kept_while_it_is_shared()
    {
        Accelerator accelerator = Open();
        HostBuffer host = HostBuffer.Allocate(100);
        SharedBuffer buffer = accelerator.PrepareBuffer(host);
        host.Dispose();
        Assert.False(host.Handle.IsClosed);
        buffer.AsSpan()[0] = 1;
        Assert.Equal((nuint)100, buffer.Length);
        buffer.Dispose();
        Assert.True(host.Handle.IsClosed);
    }

    [Fact]
    public void Workspace_numbers_are_never_used_again()
    {
        Accelerator accelerator = Open();
        HashSet<ulong> seen = [];
        for (int i = 0; i < 200; i++)
        {
            using SharedBuffer buffer = Prepare(accelerator, Page);
            Assert.True(seen.Add(buffer.WorkspaceId.Value));
        }
    }

    [Fact]
    public void Numbers_that_are_not_live_are_refused()
    {
        Accelerator accelerator = Open();
        SharedBuffer buffer = Prepare(accelerator, Page);
        WorkspaceId id = buffer.WorkspaceId;
        Assert.Equal(buffer.IoAddress, accelerator.GetIoAddress(id));
        accelerator.ReleaseBuffer(id);
        foreach (WorkspaceId bad in (WorkspaceId[])[id, default, new(0x10000), new(0x10001), new(1ul << 40), new(ulong.MaxValue)])
        {
            Assert.Equal(FpgaResult.InvalidParam, ResultOf(() => accelerator.ReleaseBuffer(bad)));
            Assert.Equal(FpgaResult.NotFound, ResultOf(() => accelerator.GetIoAddress(bad)));
            Assert.False(accelerator.TryGetBuffer(bad, out _));
        }
    }

    [Fact]
    public void A_number_is_good_for_its_own_accelerator_only()
    {
        Accelerator first = Open();
        Accelerator second = Open();
        SharedBuffer buffer = Prepare(first, Page);
        Assert.Equal(FpgaResult.InvalidParam, ResultOf(() => second.ReleaseBuffer(buffer.WorkspaceId)));
        Assert.Equal(FpgaResult.NotFound, ResultOf(() => second.GetIoAddress(buffer.WorkspaceId)));
        Assert.False(buffer.IsDisposed);
        Assert.Equal(buffer.IoAddress, first.GetIoAddress(buffer.WorkspaceId));
    }

    [Fact]
    public void Disposing_twice_and_in_any_order_is_fine()
    {
        Accelerator accelerator = Open();
        SharedBuffer buffer = Prepare(accelerator, Page);
        accelerator.Dispose();
        Assert.True(buffer.IsDisposed);
        buffer.Dispose();
        accelerator.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => accelerator.PrepareBuffer(Page));
    }

    [Fact]
    public void A_new_buffer_is_zero_whatever_the_last_one_held()
    {
        Accelerator accelerator = Open();
        for (int i = 0; i < 40; i++)
        {
            SharedBuffer[] buffers = [.. Enumerable.Range(0, i % 20 + 1).Select(_ => Prepare(accelerator, Page))];
            Assert.All(buffers, buffer => Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0)));
            Array.ForEach(buffers, buffer => buffer.AsSpan().Fill(0xa5));
            Array.ForEach(buffers, buffer => buffer.Dispose());
        }
    }

    [Fact]
    public void Memory_that_somebody_else_holds_is_no_new_buffers()
    {
        Accelerator accelerator = Open();
        SharedBuffer buffer = Prepare(accelerator, Page);
        HostBuffer known = buffer.HostMemory!;
        Block held;
        using (BufferLease lease = known.Lease())
        {
            held = lease.Block;
            lease.Block.AsSpan().Fill(0x5a);
            buffer.Dispose();
            Assert.True(known.IsDisposed);
            SharedBuffer[] others = [.. Enumerable.Range(0, 20).Select(_ => Prepare(accelerator, Page))];
            Assert.DoesNotContain(others, other => other.Address == held.Address);
            Assert.Equal(-1, held.AsSpan().IndexOfAnyExcept((byte)0x5a));
        }

        bool isHeld = false;
        SharedBuffer mapped = Prepare(accelerator, Page);
        nint address = mapped.Address;
        mapped.Handle.DangerousAddRef(ref isHeld); // a transfer that is under way
        mapped.Dispose();
        Assert.NotEqual(address, Prepare(accelerator, Page).Address);
        mapped.Handle.DangerousRelease();
    }

    [Fact]
    public void Host_memory_that_was_not_asked_for_before_the_release_is_not_there_after_it()
    {
        Accelerator accelerator = Open();
        SharedBuffer buffer = Prepare(accelerator, Page);
        buffer.Dispose();
        Assert.Null(buffer.HostMemory);
    }

    [Fact]
    public void Numbers_are_given_once_and_found_until_the_release()
    {
        Accelerator accelerator = Open();
        SharedBuffer[] buffers = [.. Enumerable.Range(0, 100).Select(_ => Prepare(accelerator, Page))];
        ulong[] numbers = new ulong[4 * buffers.Length];
        Parallel.For(0, numbers.Length, i => numbers[i] = buffers[i % buffers.Length].WorkspaceId.Value);
        for (int i = 0; i < buffers.Length; i++)
        {
            Assert.All(Enumerable.Range(0, 4), turn => Assert.Equal(numbers[i], numbers[i + (turn * buffers.Length)]));
            Assert.True(accelerator.TryGetBuffer(new WorkspaceId(numbers[i]), out SharedBuffer? found));
            Assert.Same(buffers[i], found);
            buffers[i].Dispose();
            Assert.False(accelerator.TryGetBuffer(new WorkspaceId(numbers[i]), out _));
        }

        Assert.Equal(buffers.Length, numbers.Distinct().Count());
        SharedBuffer late = Prepare(accelerator, Page);
        late.Dispose();
        Assert.False(accelerator.TryGetBuffer(late.WorkspaceId, out _));
    }

    [Fact]
    public void Closing_gives_back_every_buffer()
    {
        Accelerator accelerator = Open();
        SharedBuffer[] buffers = [.. Enumerable.Range(0, 50).Select(_ => Prepare(accelerator, 3 * Page))];
        HostBuffer[] memory = [.. buffers.Select(buffer => buffer.HostMemory!)];
        accelerator.Dispose();
        Assert.All(memory, one => Assert.True(one.Handle.IsClosed));
        Assert.Equal(0, accelerator.BufferCount);
    }

    [Fact]
    public void What_was_never_disposed_is_given_back_by_the_collector()
    {
        Rig rig = NewRig();
        WeakReference<HostBuffer> memory = LoseEverything(rig);
        Eventually.TrueAfterCollection(() => !memory.TryGetTarget(out _), "the buffer is still held");
        Eventually.TrueAfterCollection(rig.IsFree, "the device still has its client");
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference<HostBuffer> LoseEverything(Rig rig)
    {
        Accelerator accelerator = rig.Open();
        return new WeakReference<HostBuffer>(Prepare(accelerator, Page).HostMemory!);
    }

    [Fact]
    public void Many_live_buffers_keep_their_own_memory()
    {
        Accelerator accelerator = Open();
        SharedBuffer[] buffers = [.. Enumerable.Range(0, 2000).Select(_ => Prepare(accelerator, Page))];
        for (int i = 0; i < buffers.Length; i++)
            buffers[i].AsSpan().Fill((byte)i);
        for (int i = 0; i < buffers.Length; i += 2)
            buffers[i].Dispose();
        for (int i = 1; i < buffers.Length; i += 2)
            Assert.Equal(-1, buffers[i].AsSpan().IndexOfAnyExcept((byte)i));
        Assert.Equal(1000, accelerator.BufferCount);
    }

    [Fact]
    public void Threads_prepare_and_release_side_by_side()
    {
        Accelerator accelerator = Open();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Stop }, thread =>
        {
            var random = new Random(thread);
            List<SharedBuffer> live = [];
            for (int i = 0; i < 150; i++)
            {
                if (live.Count > 8 || (live.Count != 0 && random.Next(3) == 0))
                {
                    int which = random.Next(live.Count);
                    Assert.Equal(-1, live[which].AsSpan().IndexOfAnyExcept((byte)thread));
                    accelerator.ReleaseBuffer(live[which].WorkspaceId);
                    live.RemoveAt(which);
                }
                else
                {
                    live.Add(Prepare(accelerator, random.Next(1, 5 * Page)));
                    live[^1].AsSpan().Fill((byte)thread);
                }
            }
        });
        accelerator.Dispose();
    }

    [Fact]
    public void Closing_while_others_prepare_leaves_nothing()
    {
        Rig rig = NewRig();
        for (int round = 0; round < 10; round++)
        {
            Accelerator accelerator = rig.Open();
            using var started = new CountdownEvent(3);
            Thread[] threads = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
            {
                Prepare(accelerator, Page);
                started.Signal();
                while (Record.Exception(() => Prepare(accelerator, Page)) is not { } ended
                    || (ended is not ObjectDisposedException && !accelerator.IsDisposed))
                {
                }
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Assert.True(started.Wait(Patience, Stop));
            accelerator.Dispose();
            Assert.All(threads, thread => Assert.True(thread.Join(Patience), "a thread goes on preparing"));
            Assert.Equal(0, accelerator.BufferCount);
            Eventually.True(rig.IsFree, "a mapping is left");
        }
    }
}
