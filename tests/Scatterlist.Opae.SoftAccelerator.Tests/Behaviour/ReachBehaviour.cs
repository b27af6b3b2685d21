namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>What any device that moves bytes reaches of host memory, real ones among them, and what it does not.</summary>
public abstract class ReachBehaviour : AcceleratorBehaviour
{
    [Fact]
    public void Bytes_go_out_of_one_buffer_and_into_another()
    {
        Rig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using Mover mover = rig.CreateMover(accelerator);
        using SharedBuffer source = Prepare(accelerator, 3 * Page);
        using SharedBuffer destination = Prepare(accelerator, 3 * Page);
        SeededRandom.Run(3, random =>
        {
            random.NextBytes(source.AsSpan());
            byte[] expected = destination.AsSpan().ToArray();
            int length = random.Next(1, (Page / 64) - 1) * 64;
            int from = random.Next(((2 * Page) - length) / 64) * 64;
            int to = Page - (random.Next(length / 64) * 64); // over the border of a page
            source.AsSpan().Slice(from, length).CopyTo(expected.AsSpan(to));
            mover.Move(destination.IoAddress + (ulong)to, source.IoAddress + (ulong)from, length);
            Assert.True(destination.AsSpan().SequenceEqual(expected));
        });
    }

    [Fact]
    public void The_callers_own_memory_is_reached_and_its_neighbours_are_not()
    {
        Rig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using Mover mover = rig.CreateMover(accelerator);
        using GuardedMemory memory = GuardedMemory.NoAccess(64 * Page);
        memory.AsSpan().Fill(0x77);
        using SharedBuffer source = Prepare(accelerator, Page);
        Fill(source, 1);
        using SharedBuffer middle = accelerator.PrepareBuffer(memory.All.Slice(8 * Page, 2 * Page));
        mover.Move(middle.IoAddress, source.IoAddress, 1024);
        mover.Move(middle.IoAddress + ((2 * Page) - 1024), source.IoAddress, 1024);
        Assert.True(memory.AsSpan().Slice(8 * Page, 1024).SequenceEqual(source.AsSpan()[..1024]));
        Assert.True(memory.AsSpan().Slice((10 * Page) - 1024, 1024).SequenceEqual(source.AsSpan()[..1024]));
        IoAddress behind = middle.IoAddress + (2 * Page);
        IsStopped(mover, behind, () => mover.Move(behind, source.IoAddress, 64));
        mover.Move(middle.IoAddress + (34 * Page), source.IoAddress, 64);
        Assert.Equal(-1, memory.AsSpan()[..(8 * Page)].IndexOfAnyExcept((byte)0x77));
        Assert.Equal(-1, memory.AsSpan()[(10 * Page)..].IndexOfAnyExcept((byte)0x77));
    }

    [Fact]
    public void A_read_only_buffer_is_read_and_a_write_to_it_is_stopped()
    {
        Rig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using Mover mover = rig.CreateMover(accelerator);
        using SharedBuffer other = Prepare(accelerator, Page);
        using SharedBuffer target = Prepare(accelerator, Page, BufferFlags.ReadOnly);
        Fill(other, 1);
        Fill(target, 2);
        byte[] before = target.AsSpan().ToArray();
        IsStopped(mover, target.IoAddress, () => mover.Move(target.IoAddress, other.IoAddress, 1024));
        Assert.True(target.AsSpan().SequenceEqual(before));
        mover.Move(other.IoAddress, target.IoAddress, 1024);
        Assert.True(other.AsSpan()[..1024].SequenceEqual(before.AsSpan(0, 1024)));
    }

    [Fact]
    public void Memory_that_cannot_be_written_can_be_read_by_the_device()
    {
        Rig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using Mover mover = rig.CreateMover(accelerator);
        using GuardedMemory from = GuardedMemory.ReadOnly(Page);
        using SharedBuffer source = accelerator.PrepareBuffer(from.All, BufferFlags.ReadOnly);
        using SharedBuffer destination = Prepare(accelerator, Page);
        destination.AsSpan().Fill(1);
        mover.Move(destination.IoAddress, source.IoAddress, 1024);
        Assert.Equal(1024, destination.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_released_buffer_is_out_of_reach()
    {
        Rig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using Mover mover = rig.CreateMover(accelerator);
        using HostBuffer memory = HostBuffer.Allocate(Page, new HostBufferOptions { IsShareable = true });
        using SharedBuffer other = Prepare(accelerator, Page);
        Fill(other, 3);
        SharedBuffer released = accelerator.PrepareBuffer(memory);
        IoAddress address = released.IoAddress;
        mover.Move(address, other.IoAddress, 64);
        Assert.True(memory.AsSpan(0, 64).SequenceEqual(other.AsSpan()[..64]));
        released.Dispose();
        memory.AsSpan().Fill(0x5a);
        IsStopped(mover, address, () => mover.Move(address, other.IoAddress, 1024));
        Assert.Equal(-1, memory.AsSpan().IndexOfAnyExcept((byte)0x5a));
        mover.Move(other.IoAddress, address, 1024);
        Assert.Equal(-1, other.AsSpan().IndexOf(memory.AsSpan(0, 64))); // nor is it read
    }

    [Fact]
    public void A_closed_accelerator_reaches_nothing_that_it_had()
    {
        Rig rig = NewRig();
        using HostBuffer memory = HostBuffer.Allocate(Page, new HostBufferOptions { IsShareable = true });
        memory.AsSpan().Fill(0x5a);
        var addresses = new IoAddress[3];
        using (Accelerator first = rig.Open())
        {
            for (int i = 0; i < addresses.Length; i++)
                addresses[i] = first.PrepareBuffer(memory).IoAddress;
        }

        using Accelerator second = rig.Open();
        using Mover mover = rig.CreateMover(second);
        using SharedBuffer source = Prepare(second, Page); // it may have one of the addresses now
        Fill(source, 4);
        foreach (IoAddress address in addresses)
            mover.Move(address, source.IoAddress, 64);
        Assert.Equal(-1, memory.AsSpan().IndexOfAnyExcept((byte)0x5a));
    }

    [Fact]
    public void The_same_memory_prepared_twice_is_reached_by_both_addresses_until_each_is_released()
    {
        Rig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using Mover mover = rig.CreateMover(accelerator);
        using GuardedMemory memory = GuardedMemory.NoAccess(2 * Page);
        using SharedBuffer source = Prepare(accelerator, Page);
        SharedBuffer first = accelerator.PrepareBuffer(memory.All);
        SharedBuffer second = accelerator.PrepareBuffer(memory.All.Slice(Page, Page));
        IoAddress released = first.IoAddress;
        Assert.NotEqual(released + Page, second.IoAddress);
        Assert.NotEqual(first.WorkspaceId, second.WorkspaceId);
        Fill(source, 5);
        mover.Move(released + Page, source.IoAddress, 128);
        Assert.True(memory.AsSpan().Slice(Page, 128).SequenceEqual(source.AsSpan()[..128]));
        first.Dispose();
        mover.Move(second.IoAddress, source.IoAddress + 64, 128);
        Assert.True(memory.AsSpan().Slice(Page, 128).SequenceEqual(source.AsSpan().Slice(64, 128)));
        mover.Move(released + Page, source.IoAddress, 128);
        Assert.True(memory.AsSpan().Slice(Page, 128).SequenceEqual(source.AsSpan().Slice(64, 128)));
        Assert.Equal(second.IoAddress, accelerator.GetIoAddress(second.WorkspaceId));
        second.Dispose();
        mover.Move(released + Page, source.IoAddress, 128);
        Assert.True(memory.AsSpan().Slice(Page, 128).SequenceEqual(source.AsSpan().Slice(64, 128)));
    }

    [Fact]
    public void Parts_of_a_pool_are_reached_at_their_own_addresses()
    {
        Rig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using Mover mover = rig.CreateMover(accelerator);
        using SharedBufferPool pool = accelerator.CreatePool(1 << 20, options: SharedBufferOptions.BasePages);
        using SharedBuffer source = pool.Rent(10000);
        using SharedBuffer destination = pool.Rent(10000);
        Assert.Equal((nuint)16384, source.MappedLength);
        Assert.Equal(2, pool.RentedCount);
        Fill(source, 9);
        mover.Move(destination.IoAddress + 8192, source.IoAddress + 8192, 1024);
        Assert.True(source.AsSpan().Slice(8192, 1024).SequenceEqual(destination.AsSpan().Slice(8192, 1024)));
        Assert.Equal(source.IoAddress, accelerator.GetIoAddress(source.WorkspaceId));
        accelerator.ReleaseBuffer(source.WorkspaceId);
        Assert.Equal(1, pool.RentedCount);
    }

    // The kernel tells of a few faults a second at most: the device tries until one is seen.
    private static void IsStopped(Mover mover, IoAddress page, Action move)
    {
        move();
        if (mover.HasFaulted(page) is null)
            return;
        Eventually.True(
            () =>
            {
                if (mover.HasFaulted(page) == true)
                    return true;
                move();
                return false;
            },
            $"No fault at {page} is told of.");
    }
}
