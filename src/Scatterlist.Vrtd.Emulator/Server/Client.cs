namespace Scatterlist.Vrtd.Emulator;

/// <summary>One connection as the handlers see it: its number, which owns buffers, and who is behind it.</summary>
internal sealed class Client(ulong id, PeerIdentity peer)
{
    private VrtdConfiguration? _configuration;
    private Role? _rights;

    internal ulong Id => id;

    internal PeerIdentity Peer => peer;

    /// <summary>The rights, worked out on first use and again after the configuration was reloaded.</summary>
    internal Role RightsUnder(VrtdConfiguration configuration)
    {
        if (_rights is null || !ReferenceEquals(_configuration, configuration))
        {
            _rights = configuration.RightsOf(peer);
            _configuration = configuration;
        }

        return _rights;
    }
}
