/** What the client knows of an operation: its address, what comes sealed, what a session needs for it. */
/** The portal profile's letter of a value: a PIN or NIP, b password, c anything else. */
export type Kind = "a" | "b" | "c";
/** The text of a sealed value: HEX, or Base64 with a dot before the tag. */
export type Rendering = "hex" | "dot";
/** A request field that is sealed: its dotted path, and its letter, fixed or chosen by another field. */
export type SealedField = {
    readonly path: string;
    readonly kind: Kind;
} | {
    readonly path: string;
    readonly kindBy: string;
    readonly kinds: Readonly<Record<number, Kind>>;
};
/** `session` is none, opens (begins one where there is none), or what the operation needs of one. */
export interface Operation {
    readonly id: string;
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly success: number;
    readonly rendering: Rendering;
    readonly session: "none" | "opens" | "existing" | "keyed" | "identified" | "authenticated";
    readonly answer?: string;
    readonly sealed: readonly SealedField[];
    readonly sealedAnswer: readonly string[];
}
/** Of each field: the name on the wire, the property, its type or shape, whether it must come. */
export type Shape = readonly (readonly [wire: string, ours: string, type: string, required: boolean])[];
/** The path that the MAC of sealed values is bound to. */
export declare function boundPath(operation: Operation): string;
