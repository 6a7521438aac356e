package server

import (
	"context"
	"net"
	"os"
	"strconv"
	"time"
)

// notifier tells the service manager what the process does, by datagrams to the
// socket that systemd names. Without one it does nothing.
type notifier struct {
	socket string
	every  time.Duration // half the watchdog's time; 0: no watchdog
}

func newNotifier(getenv func(string) string) notifier {
	n := notifier{socket: getenv("NOTIFY_SOCKET")}
	usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	pid := getenv("WATCHDOG_PID")
	if err == nil && usec > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.every = time.Duration(usec) * time.Microsecond / 2
	}
	return n
}

// send is best effort: the service manager's own time limits cover a loss.
func (n notifier) send(state string) {
	if n.socket == "" {
		return
	}
	name := n.socket
	if name[0] == '@' { // an abstract socket
		name = "\x00" + name[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close() //nolint:errcheck // a datagram is sent or not
	_, _ = conn.Write([]byte(state))
}

// watchdog says that the process is alive until the context ends. alive is asked
// each time, so that a process that hangs is noticed.
func (n notifier) watchdog(ctx context.Context, alive func() bool) {
	if n.socket == "" || n.every == 0 {
		return
	}
	t := time.NewTicker(n.every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if alive() {
				n.send("WATCHDOG=1")
			}
		}
	}
}
