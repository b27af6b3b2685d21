using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>What the engine knows of a queue pair. All of it is called, and changed, under the engine's lock.</summary>
internal abstract class NicQueuePair(SoftDomain domain) : ProviderQueuePair(1, domain)
{
    internal SoftDomain Domain { get; } = domain;

    internal NicEngine Engine => Domain.Engine;

    /// <summary>Whether it waits for its turn to transmit; the engine's.</summary>
    internal bool IsPending { get; set; }

    /// <summary>The path that its last <see cref="Transmit"/> found full, where it has to wait for room.</summary>
    internal PacketPath? BlockedOn { get; set; }

    /// <summary>The path for whose room it waits; the engine's.</summary>
    internal PacketPath? WaitsFor { get; set; }

    /// <summary>Whether it is to acknowledge some time what nobody asked about; the engine's.</summary>
    internal bool IsOwing { get; set; }

    /// <summary>When <see cref="OnTimer"/> is due; the engine's, set by <see cref="NicEngine.Schedule"/>.</summary>
    internal long Deadline { get; set; } = long.MaxValue;

    /// <summary>Its place among the timers, or -1; the engine's.</summary>
    internal int TimerIndex { get; set; } = -1;

    /// <summary>Whether a same-host peer may hold grants by it; the engine's.</summary>
    internal bool HasGranted { get; set; }

    /// <summary>A packet for this queue pair, of any content. Never throws.</summary>
    internal abstract void OnPacket(in ReceivedPacket packet);

    /// <summary>A whole small message on the same host; see <see cref="IPacketHandler.TryTakeSmall"/>.</summary>
    internal abstract bool TryTakeSmall(in PlainSend send, PacketPath path);

    /// <summary>Sends what the window and the path allow, within its fair share.</summary>
    /// <returns>Whether there is more that could go now, or that only found no room.</returns>
    internal abstract bool Transmit();

    /// <summary>Whether all that it has to send is an acknowledgement, which may as well go along with what the program
    /// posts next.</summary>
    internal abstract bool OnlyAcknowledges { get; }

    /// <summary>Acknowledges what has come, unless that has been done.</summary>
    internal abstract void Acknowledge();

    /// <summary>The deadline is reached.</summary>
    internal abstract void OnTimer(long now);

    /// <summary>A path's peer is gone for good: what waits for it there will never be answered.</summary>
    internal abstract void OnPathDied(PacketPath path);
}
