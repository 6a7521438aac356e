package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
)

// child is this program, started again as a server to compare with.
type child struct {
	addr string
	cmd  *exec.Cmd
}

// startChild runs a serving command, whose last argument is the address, and
// waits until it listens.
func startChild(input []byte, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addr, err := nodetest.FreeAddr()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, append(args, addr)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = nodetest.ChildAttributes()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{addr, cmd}
	if _, err := in.Write(input); err != nil {
		c.stop()
		return nil, err
	}
	if err := in.Close(); err != nil {
		c.stop()
		return nil, err
	}
	for range 500 {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			return c, conn.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.stop()
	return nil, errors.New("a server to compare with does not listen")
}

func (c *child) stop() {
	_ = c.cmd.Process.Kill() // an error means that it has ended already
	_ = c.cmd.Wait()         // always the kill
}
