//go:build unix

// Package jupyter is a small Jupyter front end for tests: it starts a kernel,
// runs cells and collects what they show, over the real protocol, so that the
// kernel is tested where Jupyter is not installed.
package jupyter

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/go-zeromq/zmq4"
)

// Kernel is a running kernel. Requests are made one after the other, but
// Control may be used beside them.
type Kernel struct {
	Process *os.Process

	key     []byte
	session string
	shell   zmq4.Socket
	control zmq4.Socket
	cancel  context.CancelFunc
	exited  chan struct{}
	iopub   chan Message

	mu   sync.Mutex
	sent int
}

// Message is one message of the protocol.
type Message struct {
	Type, ID, Parent string
	Content          map[string]any
}

// Output is what a cell did.
type Output struct {
	Status   string // ok, error or aborted
	Error    string
	Stdout   string
	Stderr   string
	Result   map[string]any // by MIME type
	Displays []Message      // display_data and update_display_data, in order
	// Took is from the request to the reply.
	Took time.Duration
}

// Start starts a kernel in a directory and waits until it answers.
func Start(binary, dir string) (*Kernel, error) {
	ports, err := freePorts(5)
	if err != nil {
		return nil, err
	}
	connection, err := os.CreateTemp("", "kernel-*.json")
	if err != nil {
		return nil, err
	}
	defer os.Remove(connection.Name()) // the kernel has read it when it answers
	k := &Kernel{key: []byte("a key of a test"), session: "test", iopub: make(chan Message, 1<<16), exited: make(chan struct{})}
	json.NewEncoder(connection).Encode(map[string]any{
		"transport": "tcp", "ip": "127.0.0.1", "signature_scheme": "hmac-sha256", "key": string(k.key),
		"shell_port": ports[0], "control_port": ports[1], "iopub_port": ports[2], "stdin_port": ports[3], "hb_port": ports[4],
	})
	if err := connection.Close(); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(os.TempDir(), filepath.Base(connection.Name())+".log"))
	if err != nil {
		return nil, err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	cmd := exec.Command(binary, connection.Name())
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as Jupyter does
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	k.Process = cmd.Process
	go func() { cmd.Wait(); close(k.exited) }()

	ctx, cancel := context.WithCancel(context.Background())
	k.cancel = cancel
	sub := zmq4.NewSub(ctx)
	k.shell, k.control = zmq4.NewDealer(ctx), zmq4.NewDealer(ctx)
	for i, s := range []zmq4.Socket{k.shell, k.control, sub} {
		if err := k.dial(s, ports[i]); err != nil {
			k.Kill()
			return nil, err
		}
	}
	if err := sub.SetOption(zmq4.OptionSubscribe, ""); err != nil {
		k.Kill()
		return nil, err
	}
	go func() {
		for {
			m, err := receive(sub)
			if err != nil {
				return
			}
			k.iopub <- m
		}
	}()
	if _, err := k.Shell("kernel_info_request", nil); err != nil {
		k.Kill()
		return nil, err
	}
	time.Sleep(100 * time.Millisecond) // the subscription is on its way
	return k, nil
}

func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// dial waits until the kernel listens.
func (k *Kernel) dial(s zmq4.Socket, port int) error {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for range 1000 {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return s.Dial("tcp://" + address)
		}
		select {
		case <-k.exited:
			return errors.New("the kernel ended before it listened")
		case <-time.After(10 * time.Millisecond):
		}
	}
	return errors.New("the kernel does not listen")
}

func receive(s zmq4.Socket) (Message, error) {
	wire, err := s.Recv()
	if err != nil {
		return Message{}, err
	}
	frames := wire.Frames
	for len(frames) > 0 && string(frames[0]) != "<IDS|MSG>" {
		frames = frames[1:]
	}
	if len(frames) < 6 {
		return Message{}, fmt.Errorf("a message of %d frames", len(wire.Frames))
	}
	var header, parent struct {
		ID   string `json:"msg_id"`
		Type string `json:"msg_type"`
	}
	m := Message{}
	if err := errors.Join(json.Unmarshal(frames[2], &header), json.Unmarshal(frames[3], &parent), json.Unmarshal(frames[5], &m.Content)); err != nil {
		return Message{}, err
	}
	m.Type, m.ID, m.Parent = header.Type, header.ID, parent.ID
	return m, nil
}

// Send sends a request and returns its id.
func (k *Kernel) send(s zmq4.Socket, kind string, content map[string]any) (string, error) {
	k.mu.Lock()
	k.sent++
	id := fmt.Sprintf("message %d", k.sent)
	k.mu.Unlock()
	header, _ := json.Marshal(map[string]any{"msg_id": id, "msg_type": kind, "session": k.session, "username": "test",
		"version": "5.3", "date": time.Now().Format(time.RFC3339)})
	body, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	if content == nil {
		body = []byte("{}")
	}
	parts := [][]byte{header, []byte("{}"), []byte("{}"), body}
	mac := hmac.New(sha256.New, k.key)
	for _, p := range parts {
		mac.Write(p)
	}
	return id, s.Send(zmq4.NewMsgFrom(append([][]byte{[]byte("<IDS|MSG>"), []byte(hex.EncodeToString(mac.Sum(nil)))}, parts...)...))
}

// Shell makes a request over the shell channel and returns the reply's content.
func (k *Kernel) Shell(kind string, content map[string]any) (map[string]any, error) {
	return k.request(k.shell, kind, content)
}

// Control makes a request over the control channel.
func (k *Kernel) Control(kind string, content map[string]any) (map[string]any, error) {
	return k.request(k.control, kind, content)
}

func (k *Kernel) request(s zmq4.Socket, kind string, content map[string]any) (map[string]any, error) {
	id, err := k.send(s, kind, content)
	if err != nil {
		return nil, err
	}
	return k.reply(s, id)
}

func (k *Kernel) reply(s zmq4.Socket, id string) (map[string]any, error) {
	type result struct {
		content map[string]any
		err     error
	}
	done := make(chan result, 1)
	go func() {
		for {
			m, err := receive(s)
			if err != nil || m.Parent == id {
				done <- result{m.Content, err}
				return
			}
		}
	}()
	select {
	case r := <-done:
		return r.content, r.err
	case <-k.exited:
		return nil, errors.New("the kernel ended")
	}
}

// Run runs a cell to its end.
func (k *Kernel) Run(code string) (Output, error) {
	all, err := k.RunAll(code)
	if err != nil {
		return Output{}, err
	}
	return all[0], nil
}

// RunAll sends all cells at once, as a notebook's "Run all" does, and waits
// for the last.
func (k *Kernel) RunAll(cells ...string) ([]Output, error) {
	started := time.Now()
	var ids []string
	for _, code := range cells {
		id, err := k.send(k.shell, "execute_request", map[string]any{
			"code": code, "silent": false, "store_history": true, "user_expressions": map[string]any{}, "allow_stdin": false, "stop_on_error": true})
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	outputs := make([]Output, len(ids))
	for i, id := range ids {
		reply, err := k.reply(k.shell, id)
		if err != nil {
			return nil, err
		}
		o := &outputs[i]
		o.Took = time.Since(started)
		o.Status, _ = reply["status"].(string)
		o.Error, _ = reply["evalue"].(string)
		if err := k.collect(id, o); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

// collect reads what a cell published, up to the idle status that ends it.
func (k *Kernel) collect(id string, o *Output) error {
	for {
		select {
		case m := <-k.iopub:
			if m.Parent != id {
				continue
			}
			switch m.Type {
			case "stream":
				text, _ := m.Content["text"].(string)
				if m.Content["name"] == "stderr" {
					o.Stderr += text
				} else {
					o.Stdout += text
				}
			case "execute_result":
				o.Result, _ = m.Content["data"].(map[string]any)
			case "display_data", "update_display_data":
				o.Displays = append(o.Displays, m)
			case "status":
				if m.Content["execution_state"] == "idle" {
					return nil
				}
			}
		case <-k.exited:
			return errors.New("the kernel ended")
		case <-time.After(30 * time.Second):
			return errors.New("no idle status for 30 s")
		}
	}
}

// Interrupt sends the signal that Jupyter sends.
func (k *Kernel) Interrupt() error { return syscall.Kill(-k.Process.Pid, syscall.SIGINT) }

// Exited is closed when the process has ended.
func (k *Kernel) Exited() <-chan struct{} { return k.exited }

// Kill ends the kernel without asking.
func (k *Kernel) Kill() {
	syscall.Kill(-k.Process.Pid, syscall.SIGKILL)
	<-k.exited
	k.cancel()
}
