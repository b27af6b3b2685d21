namespace Scatterlist.Tool.Rdma.Exchange;

/// <summary>What one end measured, in the units that the user chose; both ends must choose the same.</summary>
/// <param name="Size">Bytes of a message.</param>
/// <param name="Iterations">Messages of all queue pairs together.</param>
/// <param name="PeakBandwidth">MiB/s or Gbit/s; 0 where it was not measured.</param>
/// <param name="AverageBandwidth">MiB/s or Gbit/s.</param>
/// <param name="MessageRate">Million messages a second.</param>
internal readonly record struct BandwidthReport(
    ulong Size, ulong Iterations, double PeakBandwidth, double AverageBandwidth, double MessageRate)
{
    /// <summary>Both directions together.</summary>
    internal BandwidthReport Plus(BandwidthReport other) => this with
    {
        PeakBandwidth = PeakBandwidth + other.PeakBandwidth,
        AverageBandwidth = AverageBandwidth + other.AverageBandwidth,
        MessageRate = MessageRate + other.MessageRate,
    };
}
