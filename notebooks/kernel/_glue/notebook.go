// What the builder adds to gophernotes' package main: our packages, and the
// places where its messages meet package session. See ../build.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"io"
	"log"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	interp "github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/imports"
	"github.com/cosmos72/gomacro/xreflect"
	"github.com/go-zeromq/zmq4"

	"github.com/gonst/workbench/notebooks/internal/host"
	"github.com/gonst/workbench/notebooks/kernel/assist"
	_ "github.com/gonst/workbench/notebooks/kernel/bindings"
	"github.com/gonst/workbench/notebooks/kernel/session"
	"github.com/gonst/workbench/notebooks/nb"
)

var notebook session.Session

// latest is the request of the cell that runs or ran last: where a goroutine
// that outlives its cell can still be heard.
var latest atomic.Pointer[msgReceipt]

// cell is the cell that runs or ran last.
var cell *assist.Cell

// quiet is whether the running cell ends with a print.
var quiet bool

// newInterp makes the interpreter. It takes types from reflection: asking the
// go command for them would take a second and fail on aliases.
func newInterp() *interp.Interp {
	goroot := build.Default.GOROOT
	build.Default.GOROOT = os.DevNull
	ir := interp.New()
	build.Default.GOROOT = goroot
	ir.Comp.Universe.Importer = &xreflect.Importer{}

	imports.Packages["time"].Binds["Sleep"] = reflect.ValueOf(host.Sleep)
	ir.DeclFunc(session.Panicked, func(r any) { tell(fmt.Sprintf("panic in a goroutine: %v\n", r)) })
	notebook.Stop = func() { ir.Interrupt(os.Interrupt) }
	notebook.Tell = tell
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	go func() {
		for range interrupts {
			notebook.Interrupt()
		}
	}()
	go followParent()
	return ir
}

// tell writes to the error output of the cell that ran last.
func tell(message string) {
	if r := latest.Load(); r != nil {
		r.PublishWriteStream(StreamStderr, message)
	}
}

// followParent ends the kernel when the Jupyter that started it has gone.
func followParent() {
	parent := os.Getppid()
	if os.Getenv("JPY_PARENT_PID") != strconv.Itoa(parent) {
		return
	}
	for os.Getppid() == parent {
		time.Sleep(time.Second)
	}
	leave()
}

// leave ends the kernel and whatever cells have started with it.
func leave() {
	if syscall.Getpgrp() == os.Getpid() {
		signal.Ignore(syscall.SIGTERM)
		syscall.Kill(0, syscall.SIGTERM)
	}
	os.Exit(0)
}

// control answers what comes over the control channel, while a cell runs.
func control(sockets SocketGroup) {
	socket := sockets.ControlSocket
	sockets.ShellSocket = socket // where replies go
	for {
		wire, err := socket.Socket.Recv()
		if err != nil {
			return // the socket is closed
		}
		msg, ids, err := WireMsgToComposedMsg(wire.Frames, sockets.Key)
		if err != nil {
			log.Println("control:", err)
			continue
		}
		r := msgReceipt{msg, ids, sockets}
		r.PublishKernelStatus(kernelBusy)
		switch msg.Header.MsgType {
		case "interrupt_request":
			notebook.Interrupt()
			r.Reply("interrupt_reply", map[string]any{"status": "ok"})
		case "shutdown_request":
			content, _ := msg.Content.(map[string]any)
			restart, _ := content["restart"].(bool)
			r.Reply("shutdown_reply", map[string]any{"status": "ok", "restart": restart})
			r.PublishKernelStatus(kernelIdle)
			time.Sleep(50 * time.Millisecond) // let the replies leave
			leave()
		case "kernel_info_request":
			sendKernelInfo(r)
		}
		r.PublishKernelStatus(kernelIdle)
	}
}

// noting notes the cells that arrive while another runs.
type noting struct{ zmq4.Socket }

func (s noting) Recv() (zmq4.Msg, error) {
	msg, err := s.Socket.Recv()
	if at := slices.IndexFunc(msg.Frames, func(f []byte) bool { return string(f) == "<IDS|MSG>" }); at >= 0 && at+2 < len(msg.Frames) {
		var header MsgHeader
		if json.Unmarshal(msg.Frames[at+2], &header) == nil && header.MsgType == "execute_request" {
			notebook.Arrive(header.MsgID)
		}
	}
	return msg, err
}

// execute runs a cell, unless one before it failed.
func (kernel *Kernel) execute(receipt msgReceipt) error {
	if notebook.Aborted(receipt.Msg.Header.MsgID) {
		return receipt.Reply("execute_reply", map[string]any{"status": "aborted", "execution_count": ExecCounter})
	}
	return kernel.handleExecuteRequest(receipt)
}

// runCell evaluates a cell with what package nb needs to show things in it.
func runCell(receipt *msgReceipt, ir *interp.Interp, outerr OutErr, code string) (values []any, types []xreflect.Type, err error) {
	latest.Store(receipt)
	host.Attach(func(id string, update bool, data host.Data) error {
		kind, transient := "display_data", map[string]any{}
		if update {
			kind = "update_display_data"
		}
		if id != "" {
			transient["display_id"] = id
		}
		return receipt.Publish(kind, map[string]any{"data": data, "metadata": sizes(data), "transient": transient})
	})
	notebook.Begin()
	quiet = false
	cell = assist.Begin(ir, ExecCounter, code)
	values, types, err = doEval(ir, outerr, code)
	content, _ := receipt.Msg.Content.(map[string]any)
	if stop, ok := content["stop_on_error"].(bool); err != nil && (stop || !ok) {
		time.Sleep(10 * time.Millisecond) // so that cells sent together are here
	}
	_, stopped := notebook.End(err != nil)
	if stopped {
		// The interpreter may not have seen the signal, as where the cell is a
		// single call: let it hit this instead of the next cell.
		func() {
			defer func() { recover() }()
			ir.Eval("0")
		}()
		return nil, nil, errors.New("interrupted")
	}
	if quiet {
		values, types = nil, nil
	}
	if err != nil {
		err = cell.Explain(err)
	}
	return values, types, err
}

// guard checks and changes a cell's code before it is compiled.
func guard(nodes []ast.Node) []ast.Node {
	if err := cell.CheckImports(nodes); err != nil {
		panic(err)
	}
	quiet = session.Quiet(nodes)
	return session.Guard(cell.Prepare(nodes))
}

// evaluate runs a cell's compiled code.
func evaluate(code *interp.Expr) ([]xreflect.Value, []xreflect.Type) { return cell.Run(code) }

// present gives values that have no form for people one that package nb has
// for them. A type of nil says that the value's own methods are to be used.
func present(values []any, types []xreflect.Type) ([]any, []xreflect.Type) {
	values, types = slices.Clone(values), slices.Clone(types)
	for i, v := range values {
		if p := nb.Present(v); v != nil && reflect.TypeOf(p) != reflect.TypeOf(v) {
			values[i], types[i] = p, nil
		}
	}
	return values, types
}

// sized adds the size at which a picture is shown to the result of a cell.
func sized(d Data) Data {
	if d.Metadata == nil {
		d.Metadata = sizes(d.Data)
	}
	return d
}

// sizes is the metadata of a display: the size of a picture that has more pixels than the
// page.
func sizes(data map[string]any) map[string]any {
	file, _ := data["image/png"].([]byte)
	if width, height, ok := host.PageSize(file); ok {
		return map[string]any{"image/png": map[string]any{"width": width, "height": height}}
	}
	return map[string]any{}
}

func forward(to io.Writer, from io.Reader) { session.Forward(to, from) }

// other answers what gophernotes does not, so that nobody waits for it.
func other(ir *interp.Interp, receipt msgReceipt) {
	switch receipt.Msg.Header.MsgType {
	case "inspect_request":
		inspect(ir, receipt)
	case "history_request":
		receipt.Reply("history_reply", map[string]any{"status": "ok", "history": []any{}})
	case "comm_info_request":
		receipt.Reply("comm_info_reply", map[string]any{"status": "ok", "comms": map[string]any{}})
	}
}
