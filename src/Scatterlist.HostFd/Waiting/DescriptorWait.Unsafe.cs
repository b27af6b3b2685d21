using System.Diagnostics;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd.Waiting;

/// <summary>Blocks a thread until a descriptor is ready, in ppoll(2) on {descriptor, eventfd}.</summary>
internal static unsafe class DescriptorWait
{
    /// <summary>Waits. The caller holds a reference on the descriptor.</summary>
    /// <param name="fd">The descriptor.</param>
    /// <param name="events">POLLIN, POLLOUT; errors and hang-ups count as ready.</param>
    /// <param name="timeout">How long, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="owner">Whose disposal ends the wait, or null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// None when ready, ETIMEDOUT, ECANCELED (by the token or by the owner's disposal), or what poll(2) said.
    /// </returns>
    internal static Errno Wait(
        int fd, short events, TimeSpan timeout, WaiterList? owner, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Errno.ECANCELED;
        if (owner is null && !cancellationToken.CanBeCanceled)
            return Poll(fd, events, -1, timeout);

        Errno errno = WaitSignal.TryRent(out WaitSignal? signal);
        if (errno != Errno.None)
            return errno;
        bool listed = false;
        CancellationTokenRegistration registration = default;
        try
        {
            if (owner is not null)
            {
                listed = owner.TryAdd(signal!);
                if (!listed)
                    return Errno.ECANCELED;
            }

            registration = cancellationToken.UnsafeRegister(static state => ((WaitSignal)state!).Set(), signal);
            return Poll(fd, events, signal!.Descriptor, timeout);
        }
        finally
        {
            // Both return only when nobody can set the signal any more.
            registration.Dispose();
            if (listed)
                owner!.Remove(signal!);
            WaitSignal.Return(signal!);
        }
    }

    /// <summary>
    /// Looks again and again for a short while, letting other threads of this processor run in between. Waking a thread
    /// that sleeps on an idle processor takes longer than most answers.
    /// </summary>
    /// <returns>Whether the descriptor became ready.</returns>
    internal static bool Spin(int fd, short events, TimeSpan limit, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            var polled = new PollFd { Fd = fd, Events = events };
            TimeSpec now = default;
            if (LibC.PPoll(&polled, 1, &now, null) > 0)
                return true;
            Thread.Yield();
        }
        while (Stopwatch.GetElapsedTime(start) < limit && !cancellationToken.IsCancellationRequested);
        return false;
    }

    private static Errno Poll(int fd, short events, int signal, TimeSpan timeout)
    {
        PollFd* polled = stackalloc PollFd[2];
        polled[0] = new PollFd { Fd = fd, Events = events };
        polled[1] = new PollFd { Fd = signal, Events = LibC.PollIn }; // a negative number is left out by the kernel
        bool infinite = timeout < TimeSpan.Zero;
        long start = infinite ? 0 : Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpec left = default;
            if (!infinite)
            {
                TimeSpan remaining = timeout - Stopwatch.GetElapsedTime(start);
                if (remaining > TimeSpan.Zero)
                {
                    left.Seconds = remaining.Ticks / TimeSpan.TicksPerSecond;
                    left.Fraction = remaining.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick;
                }
            }

            int ready = LibC.PPoll(polled, 2, infinite ? null : &left, null);
            if (ready < 0)
            {
                Errno errno = LibC.LastError();
                if (errno == Errno.EINTR)
                    continue;
                return errno;
            }

            if (ready == 0)
                return Errno.ETIMEDOUT;
            if (polled[0].Returned != 0)
                return Errno.None; // data that are there win over a cancellation at the same moment
            return Errno.ECANCELED;
        }
    }
}
