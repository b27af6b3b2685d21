using System.Globalization;
using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests;

/// <summary>Runs a call on a thread of its own and waits until the kernel says that the thread sleeps in it.</summary>
internal static class Blocked
{
    internal static Thread Start(Action action)
    {
        int id = 0;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            Volatile.Write(ref id, TestCalls.GetThreadId());
            try
            {
                action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        { IsBackground = true };
        thread.Start();
        Eventually.True(
            () => failure is not null || !thread.IsAlive || (Volatile.Read(ref id) != 0 && SleepsInSystemCall(id)),
            "The thread never blocked.");
        Assert.Null(failure);
        Assert.True(thread.IsAlive, "The call returned instead of blocking.");
        return thread;
    }

    internal static void Join(Thread thread) =>
        Assert.True(thread.Join(TimeSpan.FromSeconds(20)), "The blocked call was never woken.");

    /// <summary>Sleeping in ppoll, read, recvmsg and the like; a futex is the runtime's own wait.</summary>
    private static bool SleepsInSystemCall(int id)
    {
        string task = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{id}/");
        try
        {
            string status = File.ReadAllText(task + "stat");
            char state = status[status.LastIndexOf(')') + 2];
            string call = File.ReadAllText(task + "syscall").Split(' ')[0];
            int futex = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
                == System.Runtime.InteropServices.Architecture.X64 ? 202 : 98;
            return state == 'S' && int.TryParse(call, CultureInfo.InvariantCulture, out int number) && number != futex;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
