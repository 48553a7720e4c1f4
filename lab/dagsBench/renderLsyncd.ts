import { csync2Command, type Places } from "./render.ts";

/**
 * lsyncd's configuration: its layer 1, in which one process is called for all events that are due. Nothing says what
 * becomes of csync2's exit codes, so lsyncd's own rule holds: any but 0 ends it.
 */
export function lsyncdConfig(places: Places, port: number): string {
    const words = [...csync2Command(places, port), "-x"].map((word) => `"${word}"`).join(", ");
    return `settings { nodaemon = true }

local function run(target)
    spawn(target, ${words})
end

csync2 = {
    -- Seconds for which events are collected; the shortest that is not none.
    delay = 1,
    maxProcesses = 1,
    init = function(event)
        run(event)
    end,
    action = function(inlet)
        run(inlet.getEvents(function(event)
            return event.etype ~= "Init"
        end))
    end,
}

sync { csync2, source = "${places.folder}" }
`;
}
