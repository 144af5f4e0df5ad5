package main

import (
	"fmt"
	"strings"
)

// rewrite is a change to gophernotes' sources: text that must be there exactly
// once, and what takes its place.
type rewrite struct{ file, old, new, why string }

// rewrites are of gophernotes v0.7.5. The functions named here are in ../_glue.
var rewrites = []rewrite{
	{"kernel.go", `ir := interp.New()`, `ir := newInterp()`,
		"the stock interpreter does not start on a current Go"},
	{"kernel.go", `_ "github.com/gopherdata/gophernotes/imports"`, ``,
		"it is for importing by plugin, which ours does not do"},
	{"x_package.go", `JSON_  func(interface{}) string`, `JSON_  func(interface{}) map[string]interface{}`,
		"the proxy does not implement the interface that it stands for"},
	{"x_package.go", `JSON() string {`, `JSON() map[string]interface{} {`,
		"the same"},
	{"kernel.go", `go poll(ctl, sockets.ControlSocket.Socket)`, `go control(sockets)`,
		"interrupt and shutdown are for while a cell runs"},
	{"kernel.go", `shell = make(chan msgType)`, `shell = make(chan msgType, 4096)`,
		"cells that wait must be seen to wait"},
	{"kernel.go", `go poll(shell, sockets.ShellSocket.Socket)`, `go poll(shell, noting{sockets.ShellSocket.Socket})`,
		"the same"},
	{"kernel.go", `kernel.handleExecuteRequest(receipt); err`, `kernel.execute(receipt); err`,
		"cells that waited behind a failed one are not run"},
	{"kernel.go", `vals, types, executionErr := doEval(ir, outerr, code)`, `vals, types, executionErr := runCell(&receipt, ir, outerr, code)`,
		"a cell can be interrupted, and package nb shows things in it"},
	{"kernel.go", `srcAst := ast2.AnyToAst(nodes, "doEval")`, `srcAst := ast2.AnyToAst(guard(nodes), "doEval")`,
		"imports are checked, goroutines recover"},
	{"kernel.go", `results, types := ir.RunExpr(compiledSrc)`, `results, types := evaluate(compiledSrc)`,
		"errors say where they were"},
	{"kernel.go", `kernel.autoRenderResults(vals, types)`, `sized(kernel.autoRenderResults(present(vals, types)))`,
		"an image of ours shows as a picture, not as its numbers, in its size"},
	{"kernel.go", `io.Copy(&jupyterStdOut, rOut)`, `forward(&jupyterStdOut, rOut)`,
		"no character is cut in two"},
	{"kernel.go", `io.Copy(&jupyterStdErr, rErr)`, `forward(&jupyterStdErr, rErr)`,
		"the same"},
	{"kernel.go", `handleCompleteRequest(ir, receipt)`, `complete(ir, receipt)`,
		"positions are in characters, not bytes"},
	{"kernel.go", `log.Println("Unhandled shell message: ", receipt.Msg.Header.MsgType)`, `other(ir, receipt)`,
		"front ends wait for an answer"},
}

// apply makes the file's rewrites.
func apply(file, source string) (string, error) {
	for _, r := range rewrites {
		if r.file != file {
			continue
		}
		if n := strings.Count(source, r.old); n != 1 {
			return "", fmt.Errorf("%s: found %d times, want once: %s\nThe rewrites are of gophernotes v0.7.5; is go.mod at another version?", file, n, r.old)
		}
		source = strings.Replace(source, r.old, r.new, 1)
	}
	return source, nil
}
