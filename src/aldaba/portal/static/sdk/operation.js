/** What the client knows of an operation: its address, what comes sealed, what a session needs for it. */
/** The path that the MAC of sealed values is bound to. */
export function boundPath(operation) {
    return operation.path.replace(/^\/api/, "");
}
