namespace Scatterlist.Vrtd.Emulator;

/// <summary>Sessions of an emulated card, in one call.</summary>
public static class EmulatedSession
{
    extension(Session)
    {
        /// <summary>
        /// Opens a session of a daemon that is emulated in this process, for this session alone:
        /// <c>using Session session = Session.OpenEmulated();</c>. The daemon stops, and gives its memory back, when
        /// the session and all that was opened through it are disposed.
        /// </summary>
        /// <param name="emulator">How the daemon behaves; its defaults when null.</param>
        /// <param name="options">How the session behaves; its defaults when null.</param>
        /// <returns>The session, which the caller owns.</returns>
        /// <exception cref="ArgumentException">An option is out of its range.</exception>
        /// <exception cref="ScatterlistException">The system has no descriptors or memory left.</exception>
        public static Session OpenEmulated(EmulatorOptions? emulator = null, SessionOptions? options = null)
        {
            EmulatedDaemon daemon = EmulatedDaemon.Start(emulator);
            try
            {
                Session session = daemon.OpenSession(options);
                daemon.StopWhenIdle();
                return session;
            }
            catch
            {
                daemon.Dispose();
                throw;
            }
        }
    }
}
