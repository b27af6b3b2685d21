namespace Scatterlist.Opae.Tests;

public sealed class BuddyAllocatorTests
{
    [Fact]
    public void Parts_are_powers_of_two_aligned_to_their_size()
    {
        var parts = new BuddyAllocator(1 << 20, 4096);
        Assert.True(parts.TryTake(1, out nuint first, out nuint reserved));
        Assert.Equal((0u, (nuint)4096), ((uint)first, reserved));
        Assert.True(parts.TryTake(9000, out nuint second, out reserved));
        Assert.Equal((nuint)16384, reserved);
        Assert.Equal((nuint)0, second % reserved);
        Assert.False(parts.TryTake(1 << 20, out _, out _));
        Assert.False(parts.TryTake(nuint.MaxValue, out _, out _));
        parts.Give(first, 4096);
        parts.Give(second, 16384);
        Assert.True(parts.TryTake(1 << 20, out first, out _));
        Assert.Equal((nuint)0, first);
    }

    [Fact]
    public void Parts_never_overlap_and_all_come_back() => SeededRandom.Run(50, random =>
    {
        const int Units = 256;
        var parts = new BuddyAllocator(Units * 4096, 4096);
        var owner = new int[Units];
        List<(nuint Offset, nuint Reserved)> live = [];
        for (int step = 1; step < 500; step++)
        {
            if (live.Count != 0 && random.Next(2) == 0)
            {
                int which = random.Next(live.Count);
                (nuint offset, nuint reserved) = live[which];
                live.RemoveAt(which);
                owner.AsSpan((int)(offset / 4096), (int)(reserved / 4096)).Clear();
                parts.Give(offset, reserved);
            }
            else if (parts.TryTake((nuint)random.Next(1, 40 * 4096), out nuint offset, out nuint reserved))
            {
                Span<int> taken = owner.AsSpan((int)(offset / 4096), (int)(reserved / 4096));
                Assert.Equal(-1, taken.IndexOfAnyExcept(0));
                taken.Fill(step);
                live.Add((offset, reserved));
            }
        }

        foreach ((nuint offset, nuint reserved) in live)
            parts.Give(offset, reserved);
        Assert.True(parts.TryTake(Units * 4096, out _, out _));
    });
}
